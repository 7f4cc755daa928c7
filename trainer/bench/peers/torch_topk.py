"""TopK dictionaries in plain PyTorch, as a careful person would write them: the peers that owe nothing to a library.

Variants of decoding: "dense" scatters the acts into B x F and multiplies, "gather" reads only the K decoder rows in use.
"compiled" is dense under torch.compile. "compiled-hierarchical" averages the loss over all budgets 1..K (2505.24473) the
direct way, with a running sum of K reconstructions. Equal in all: loss, Adam, clipping at norm 1, unit decoder rows.
"""

import torch
import torch.nn.functional as F


def encode(weights, hidden_BD, k, sort=False):
    pre_BF = F.linear(hidden_BD - weights["b_dec"], weights["encoder_FD"], weights["b_enc"])
    return pre_BF, torch.topk(pre_BF.relu(), k, dim=-1, sorted=sort)


def loss_dense(weights, hidden_BD, k):
    pre_BF, top = encode(weights, hidden_BD, k)
    acts_BF = torch.zeros_like(pre_BF).scatter(-1, top.indices, top.values)
    return (acts_BF @ weights["decoder_FD"] + weights["b_dec"] - hidden_BD).square().mean()


def loss_gather(weights, hidden_BD, k):
    _, top = encode(weights, hidden_BD, k)
    bag_BD = F.embedding_bag(top.indices, weights["decoder_FD"], per_sample_weights=top.values, mode="sum")
    return (bag_BD + weights["b_dec"] - hidden_BD).square().mean()


def loss_hierarchical(weights, hidden_BD, k):
    _, top = encode(weights, hidden_BD, k, sort=True)
    parts_BKD = top.values[..., None] * weights["decoder_FD"][top.indices]
    missed_BKD = parts_BKD.cumsum(1) + weights["b_dec"] - hidden_BD[:, None]
    return missed_BKD.square().mean()


LOSSES = {
    "dense": (loss_dense, False),
    "gather": (loss_gather, False),
    "compiled": (loss_dense, True),
    "compiled-hierarchical": (loss_hierarchical, True),
}


def open_weights(shape, device):
    decoder_FD = F.normalize(torch.randn(shape["F"], shape["D"], device=device), dim=1)
    weights = {
        "encoder_FD": decoder_FD.clone(),
        "decoder_FD": decoder_FD,
        "b_enc": torch.zeros(shape["F"], device=device),
        "b_dec": torch.zeros(shape["D"], device=device),
    }
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


@torch.no_grad()
def keep_tangent(decoder_FD):
    along_F = (decoder_FD.grad * decoder_FD).sum(1, keepdim=True)
    decoder_FD.grad.addcmul_(along_F, decoder_FD, value=-1)


def open_operations(request, batches):
    shape = request["shape"]
    weights = open_weights(shape, request["device"])
    loss, is_compiled = LOSSES[request["variant"]]
    if is_compiled:
        loss = torch.compile(loss)
    adam = torch.optim.Adam(weights.values(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8, fused=True)
    state = {"step": 0}

    def step():
        hidden_BD = batches[state["step"] % len(batches)]
        state["step"] += 1
        adam.zero_grad()
        loss(weights, hidden_BD, shape["K"]).backward()
        keep_tangent(weights["decoder_FD"])
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        adam.step()
        with torch.no_grad():
            weights["decoder_FD"].div_(weights["decoder_FD"].norm(dim=1, keepdim=True))

    @torch.no_grad()
    def encode_only():
        encode(weights, batches[0], shape["K"], sort=True)

    return {"step": step, "encode": encode_only}
