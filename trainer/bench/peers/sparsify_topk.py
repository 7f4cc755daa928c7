"""EleutherAI sparsify's SparseCoder under the steps of its Trainer: forward, backward, tangent gradient, clip, Adam.

Its Trainer wants a language model, hence the loop here, in the order of its fit(). Its decoder is a Triton kernel on a GPU;
on a CPU its own eager fallback (embedding_bag) is taken, which is also sparse. Its forward is wrapped in bf16 autocast for
CUDA: unwrapped, so that everybody computes in float32.
"""

import os

import torch

VERSIONS = ["eai-sparsify"]


def open_operations(request, batches):
    if request["device"] == "cpu":
        os.environ["SPARSIFY_DISABLE_TRITON"] = "1"  # read when the package is imported
    from sparsify import SparseCoder, SparseCoderConfig

    shape = request["shape"]
    config = SparseCoderConfig(num_latents=shape["F"], k=shape["K"])
    coder = SparseCoder(shape["D"], config, device=request["device"], dtype=torch.float32)
    forward = SparseCoder.forward.__wrapped__
    adam = torch.optim.Adam(coder.parameters(), lr=1e-4, betas=(0.9, 0.999))
    silent_F = torch.zeros(shape["F"], device=request["device"], dtype=torch.long)
    state = {"step": 0}

    def step():
        hidden_BD = batches[state["step"] % len(batches)]
        if state["step"] == 0:
            coder.b_dec.data = hidden_BD.mean(0)
        state["step"] += 1
        coder.set_decoder_norm_to_unit_norm()
        out = forward(coder, hidden_BD, dead_mask=None)
        silent_F.add_(shape["B"])
        silent_F[out.latent_indices.flatten()] = 0
        out.fvu.backward()
        torch.nn.utils.clip_grad_norm_(coder.parameters(), 1.0)
        coder.remove_gradient_parallel_to_decoder_directions()
        adam.step()
        adam.zero_grad()

    return {"step": step}
