"""dictionary_learning's own training step: TopKTrainer.update."""

import sys
import types

# Its package imports nnsight, which reads models and is pinned to an old release; the trainers never touch it.
nnsight = types.ModuleType("nnsight")
nnsight.LanguageModel = object
sys.modules.setdefault("nnsight", nnsight)

from dictionary_learning.trainers.top_k import TopKTrainer  # noqa: E402

VERSIONS = ["dictionary-learning"]
STEPS = 1_000_000


def open_operations(request, batches):
    shape = request["shape"]
    trainer = TopKTrainer(
        steps=STEPS,
        activation_dim=shape["D"],
        dict_size=shape["F"],
        k=shape["K"],
        layer=0,
        lm_name="none",
        lr=1e-4,
        warmup_steps=1,
        seed=1,
        device=request["device"],
    )
    state = {"step": 0}

    def step():
        trainer.update(state["step"], batches[state["step"] % len(batches)])
        state["step"] += 1

    return {"step": step}
