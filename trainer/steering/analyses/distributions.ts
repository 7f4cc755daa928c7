/** What a row of logits says, in float64: probabilities, entropy, divergence, all in nats. Pure. */

/** log softmax of row `row` of logits [N, V]. Loops, not iterators: this runs over every token of every text. */
export function logSoftmax(logits: Float32Array, row: number, V: number): Float64Array {
  const from = row * V;
  let most = -Infinity;
  for (let v = 0; v < V; v++) if (logits[from + v] > most) most = logits[from + v];
  let sum = 0;
  for (let v = 0; v < V; v++) sum += Math.exp(logits[from + v] - most);
  const normaliser = most + Math.log(sum);
  const logs = new Float64Array(V);
  for (let v = 0; v < V; v++) logs[v] = logits[from + v] - normaliser;
  return logs;
}

export function entropyNats(logP: Float64Array): number {
  let entropy = 0;
  for (let v = 0; v < logP.length; v++) if (logP[v] > -Infinity) entropy -= Math.exp(logP[v]) * logP[v];
  return entropy;
}

/** KL(P || Q); never below 0, whatever rounding does. */
export function klNats(logP: Float64Array, logQ: Float64Array): number {
  let kl = 0;
  for (let v = 0; v < logP.length; v++) {
    if (logP[v] > -Infinity) kl += Math.exp(logP[v]) * (logP[v] - logQ[v]);
  }
  return Math.max(0, kl);
}
