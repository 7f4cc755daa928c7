"""Writes scipy.json: what SciPy 1.17.1 gives for the tables and shares of statistics.test.ts. Run by hand, once."""
import json, os
import numpy as np
from scipy import stats

tables = [[3, 1, 1, 3], [8, 2, 1, 5], [0, 10, 10, 0], [12, 5, 29, 2], [1, 99, 7, 93], [60, 40, 48, 52], [0, 5, 0, 7],
          [250, 262, 201, 311], [2, 0, 0, 3]]
shares = [[0, 10], [10, 10], [1, 2], [37, 100], [229, 256], [1, 1000]]
p_values = [0.01, 0.04, 0.03, 0.005, 0.8, 0.2, 0.03]
values = [3.5, -1.0, 4.25, 0.0, 9.0, 2.0, 2.0, 7.5]
out = {
    "fisher": [{"table": t, "p": float(stats.fisher_exact(np.array(t).reshape(2, 2)).pvalue)} for t in tables],
    "wilson": [],
    "falseDiscovery": {"p": p_values, "q": [float(q) for q in stats.false_discovery_control(p_values, method="bh")]},
    "quartiles": {"values": values, "at": [float(x) for x in np.percentile(values, [0, 25, 50, 75, 100])]},
}
for k, n in shares:
    ci = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    out["wilson"].append({"successes": k, "n": n, "low": float(ci.low), "high": float(ci.high)})
rng = np.random.default_rng(1)
sample = [float(round(x, 3)) for x in rng.gamma(2.0, 1.0, 60)]
ci = stats.bootstrap((np.array(sample),), np.mean, method="percentile", n_resamples=100_000, rng=rng).confidence_interval
out["bootstrap"] = {"values": sample, "low": float(ci.low), "high": float(ci.high)}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scipy.json"), "w") as file:
    json.dump(out, file)
    file.write("\n")
