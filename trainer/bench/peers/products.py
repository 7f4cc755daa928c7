"""Bare matrix products and a bare copy: what the library gives before any dictionary. Variants "torch" and "numpy".

Operations: nn, nt and tn multiply [M, K] by [K, N], the second or the first operand stored transposed; copy moves
COPY_BYTES, read once and written once.
"""

import numpy
import torch

VERSIONS = ["numpy"]
COPY_BYTES = 256 * 2**20  # beyond every cache


def open_operations(request, _batches):
    shape = request["shape"]
    M, K, N = shape["B"], shape["D"], shape["F"]
    device = request["device"]
    left, right = torch.randn(M, K, device=device), torch.randn(K, N, device=device)
    left_t, right_t = left.T.contiguous(), right.T.contiguous()
    source = torch.ones(COPY_BYTES // 4, device=device)
    target = torch.empty_like(source)
    multiply = torch.matmul
    if request["variant"] == "numpy":
        left, right, left_t, right_t = (tensor.numpy() for tensor in (left, right, left_t, right_t))
        multiply = numpy.matmul
    return {
        "nn": lambda: multiply(left, right),
        "nt": lambda: multiply(left, right_t.T),
        "tn": lambda: multiply(left_t.T, right),
        "copy": lambda: target.copy_(source),
    }
