"""One peer process of a benchmark: reads a JSON request a line from stdin, answers with a JSON line on stdout.

Requests: open (which peer, shape, threads, device, data), run (one operation, once), rest (forget the memory peak so far),
memory, close. Only the operation itself is timed. Knows nothing of the peers, each a module of this folder with
`open_operations(request, batches)` -> {name: callable}, and optionally VERSIONS, the distributions it stands on.
"""

import ctypes
import gc
import importlib
import importlib.metadata
import json
import os
import resource
import sys
import time
import traceback

ERROR_LIMIT = 160  # characters of a reason; all of it goes to standard error


def read_status(field):
    """Bytes of a field of /proc/self/status, None where there is none."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith(field + ":"))
    except (OSError, StopIteration):
        return None
    return int(line.split()[1]) * 1024


def peak_bytes():
    kibibytes = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
    return read_status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kibibytes


def forget_peak():
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")  # VmHWM starts anew
    except (OSError, AttributeError):
        pass  # elsewhere the peak of the whole process is what there is


def rehearse(module, request, torch):
    """Every operation once at a tiny shape: what libraries load at their first step is no need of the peer's.

    Not for compiled ones: a second shape would make the compiler give up fixed shapes.
    """
    if request["variant"].startswith("compiled"):
        return
    shape = {"B": 16, "D": 16, "F": 64, "K": 4}
    batches = [torch.randn(shape["B"], shape["D"], device=request["device"])]
    try:
        for operation in module.open_operations({**request, "shape": shape}, batches).values():
            operation()
    except Exception:
        traceback.print_exc()  # it will fail again where it is reported


class Peer:
    def __init__(self):
        self.operations = {}
        self.baseline_bytes = 0
        self.device = "cpu"

    def open(self, request):
        import numpy
        import torch

        torch.set_num_threads(request["threads"])
        torch.manual_seed(1)
        self.device = request["device"]
        if self.device != "cpu":
            torch.backends.cuda.matmul.allow_tf32 = False  # float32 means float32 for everybody
        module = importlib.import_module(request["peer"])
        batches = []
        if request.get("data"):
            shape = request["shape"]
            values = numpy.fromfile(request["data"], dtype=numpy.float32)
            rows = torch.from_numpy(values).reshape(-1, shape["B"], shape["D"])
            batches = [batch.to(self.device) for batch in rows]
        rehearse(module, request, torch)
        forget_peak()
        self.baseline_bytes = read_status("VmRSS") or peak_bytes()
        self.operations = module.open_operations(request, batches)
        names = ["torch", *getattr(module, "VERSIONS", [])]
        versions = {name: importlib.metadata.version(name) for name in names}
        device = torch.cuda.get_device_name() if self.device != "cpu" else torch.backends.cpu.get_cpu_capability()
        return {"operations": list(self.operations), "versions": versions, "device": device, "threads": torch.get_num_threads()}

    def run(self, request):
        operation = self.operations[request["operation"]]
        self.wait()
        started = time.perf_counter()
        operation()
        self.wait()
        return {"ms": 1000 * (time.perf_counter() - started)}

    def rest(self, _request):
        forget_peak()
        if self.device != "cpu":
            import torch

            torch.cuda.reset_peak_memory_stats()
        return {}

    def memory(self, _request):
        answer = {"peakBytes": max(0, peak_bytes() - self.baseline_bytes)}
        if self.device != "cpu":
            import torch

            answer["devicePeakBytes"] = torch.cuda.max_memory_allocated()
        return answer

    def wait(self):
        if self.device != "cpu":
            import torch

            torch.cuda.synchronize()


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not come between the answers
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "close":
            break
        try:
            answer = {"ok": getattr(peer, request["do"])(request)}
        except Exception as error:
            traceback.print_exc()
            first = next(iter(str(error).splitlines()), "")
            answer = {"error": f"{type(error).__name__}: {first[:ERROR_LIMIT]}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
