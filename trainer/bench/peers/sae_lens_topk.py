"""SAELens' own training step: SAETrainer.step on a TopKTrainingSAE. Variant "sparse" turns on its sparse acts."""

import sae_lens
from sae_lens.config import SAETrainerConfig
from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig
from sae_lens.training.sae_trainer import SAETrainer

VERSIONS = ["sae-lens"]


def open_operations(request, batches):
    shape = request["shape"]
    sae = TopKTrainingSAE(
        TopKTrainingSAEConfig(
            d_in=shape["D"],
            d_sae=shape["F"],
            k=shape["K"],
            dtype="float32",
            device=request["device"],
            use_sparse_activations=request["variant"] == "sparse",
        )
    )
    config = SAETrainerConfig(
        total_training_samples=1_000_000 * shape["B"],
        train_batch_size_samples=shape["B"],
        lr=1e-4,
        lr_end=1e-4,
        adam_beta1=0.9,
        adam_beta2=0.999,
        device=request["device"],
    )
    trainer = SAETrainer(cfg=config, sae=sae, data_provider=iter(()))

    def step():
        trainer.step(batches[trainer.n_training_steps % len(batches)])
        trainer.n_training_steps += 1

    return {"step": step}
