"""Makes the tiny dictionaries in this folder with the libraries that own the formats, and notes what those compute.

    pip install torch==2.15.0 sae-lens==6.54.12 eai-sparsify==1.3.3
    pip install --no-deps dictionary-learning==0.1.0
    git clone https://github.com/openai/sparse_autoencoder && git -C sparse_autoencoder checkout 4965b94
    python make.py <folder to write> <that clone>

Each dictionary lies as its library writes it. expected/<name>.json holds inputs, acts and reconstructions as the library
computes them, and the options an importer needs. Three formats have no writer of their own; their files are laid out by
hand here and read back by SAELens's loaders, whose answer is what is expected: Gemma Scope (npz and v2) and Llama Scope.
"""

import copy
import json
import sys
import types
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from safetensors.torch import save_file

D, F, ROWS = 8, 24, 6
root = Path(sys.argv[1])
torch.set_default_dtype(torch.float32)


def randomise(module, seed):
    """Every weight and bias other than zero, thresholds above it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            values = torch.randn(parameter.shape, generator=generator)
            is_threshold = name == "threshold"
            parameter.copy_(values.abs() * 0.4 if is_threshold else values * (0.5 if values.ndim == 2 else 0.3))
    return module


def inputs(seed=99, scale=1.0):
    return scale * (torch.randn(ROWS, D, generator=torch.Generator().manual_seed(seed)) + 0.2)


def listed(tensor):
    return [[float(f"{value:.9g}") for value in row] for row in tensor.detach().to(torch.float32).tolist()]


def expect(name, path, x, acts, reconstruction, **facts):
    note = {"path": path, **facts, "inputs": listed(x), "acts": listed(acts), "reconstructions": listed(reconstruction)}
    folder = root / "expected"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(note) + "\n")


# --- SAELens -------------------------------------------------------------------------------------------------------

from sae_lens import (  # noqa: E402
    SAE,
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    GatedSAE,
    GatedSAEConfig,
    JumpReLUSAE,
    JumpReLUSAEConfig,
    MatryoshkaBatchTopKTrainingSAE,
    MatryoshkaBatchTopKTrainingSAEConfig,
    StandardSAE,
    StandardSAEConfig,
    TopKSAE,
    TopKSAEConfig,
)
from sae_lens.loading import pretrained_sae_loaders as loaders  # noqa: E402
from sae_lens.saes.sae import SAEMetadata  # noqa: E402


def metadata():
    return SAEMetadata(model_name="tiny", hook_name="blocks.1.hook_resid_post", context_size=64, prepend_bos=True)


def expect_sae_lens(name, sae, **facts):
    x = inputs()
    acts = sae.encode(x)
    expect(f"sae-lens-{name}", f"sae-lens/{name}", x, acts, sae.decode(acts), kind=facts.pop("kind"), **facts)


def make_sae_lens():
    finished = {
        "standard": (StandardSAE, StandardSAEConfig, {}, "relu"),
        "standard-constant-norm": (StandardSAE, StandardSAEConfig, {"normalize_activations": "constant_norm_rescale"}, "relu"),
        "topk": (TopKSAE, TopKSAEConfig, {"k": 4}, "topk"),
        "topk-rescaled": (TopKSAE, TopKSAEConfig, {"k": 4, "rescale_acts_by_decoder_norm": True}, "topk"),
        "topk-layer-norm": (TopKSAE, TopKSAEConfig, {"k": 4, "normalize_activations": "layer_norm"}, "topk"),
        "jumprelu": (JumpReLUSAE, JumpReLUSAEConfig, {"apply_b_dec_to_input": False}, "jumprelu"),
        "gated": (GatedSAE, GatedSAEConfig, {}, "jumprelu"),
    }
    for seed, (name, (cls, config, settings, kind)) in enumerate(finished.items()):
        sae = randomise(cls(config(d_in=D, d_sae=F, metadata=metadata(), **settings)), seed)
        sae.save_model(root / "sae-lens" / name)
        expect_sae_lens(name, SAE.load_from_disk(root / "sae-lens" / name), kind=kind)

    half = randomise(JumpReLUSAE(JumpReLUSAEConfig(d_in=D, d_sae=F, metadata=metadata())), 20).to(torch.bfloat16)
    half.save_model(root / "sae-lens" / "jumprelu-bf16")
    expect_sae_lens("jumprelu-bf16", SAE.load_from_disk(root / "sae-lens" / "jumprelu-bf16", dtype="float32"), kind="jumprelu")

    trained = {
        "batchtopk": (BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, {}, "batch-topk"),
        "matryoshka": (
            MatryoshkaBatchTopKTrainingSAE,
            MatryoshkaBatchTopKTrainingSAEConfig,
            {"matryoshka_widths": [6, 12, 24]},
            "matryoshka-batch-topk",
        ),
    }
    for seed, (name, (cls, config, settings, kind)) in enumerate(trained.items()):
        sae = randomise(cls(config(d_in=D, d_sae=F, k=3.5, metadata=metadata(), **settings)), 30 + seed)
        # The running threshold as training leaves it: the mean over batches of the weakest act that was kept.
        for step in range(200):
            sae.update_topk_threshold(sae.encode(inputs(1000 + step)))
        sae.save_model(root / "sae-lens" / f"{name}-checkpoint")
        copy.deepcopy(sae).save_inference_model(root / "sae-lens" / name)
        finished = SAE.load_from_disk(root / "sae-lens" / name)
        expect_sae_lens(name, finished, kind=kind)
        expect_sae_lens(f"{name}-checkpoint", finished, kind=kind)

    make_older_sae_lens()


def make_older_sae_lens():
    """Settings as releases before 6 wrote them, weights as today; SAELens's own defaulting reads them."""
    older = {
        "older-standard": {"hook_point": "blocks.1.hook_resid_pre", "normalize_activations": None},
        "older-topk": {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 4}, "normalize_activations": "none"},
        "older-scaled": {"normalize_activations": True, "apply_b_dec_to_input": True},
    }
    for seed, (name, settings) in enumerate(older.items()):
        folder = root / "sae-lens" / name
        randomise(StandardSAE(StandardSAEConfig(d_in=D, d_sae=F)), 50 + seed).save_model(folder)
        config = {"hook_point": "blocks.1.hook_resid_post", "hook_point_layer": 1, "hook_point_head_index": None,
                  "model_name": "tiny", "d_in": D, "d_sae": F, "dtype": "torch.float32", "context_size": 64, **settings}
        (folder / "cfg.json").write_text(json.dumps(config))
        sae = SAE.load_from_disk(folder)
        facts = {"kind": "topk" if name == "older-topk" else "relu"}
        if name == "older-scaled":
            sae.fold_activation_norm_scaling_factor(0.37)
            facts["options"] = {"inputScale": 0.37}
        expect_sae_lens(name, sae, **facts)


# --- formats SAELens reads and nobody writes -----------------------------------------------------------------------


def load_with(loader, folder, repo_id, folder_name, **overrides):
    """A hub loader of SAELens on files that lie here."""
    with (
        patch.object(loaders, "hf_hub_download", lambda repo_id, filename, subfolder="", **_: str(folder / subfolder / filename)),
        patch.object(loaders, "get_safetensors_tensor_shapes", lambda *_: {"w_enc": [D, F], "w_dec": [F, D]}),
    ):
        config, state, _ = loader(repo_id, folder_name, device="cpu", cfg_overrides={"d_in": D, "d_sae": F, "dtype": "float32", **overrides})
    config = loaders.handle_config_defaulting(config)
    sae = SAE.from_dict(config)
    sae.load_state_dict(state)
    return sae


def five(seed):
    sae = randomise(JumpReLUSAE(JumpReLUSAEConfig(d_in=D, d_sae=F)), seed)
    return {name: parameter.detach().numpy() for name, parameter in sae.named_parameters()}


def make_gemma_scope():
    base = Path("google/gemma-scope-2b-pt-res")
    variants = {
        "stored": ("layer_3/width_16k/average_l0_7", lambda file, w: np.savez(file, **w)),
        "deflated-fortran": (
            "layer_4/width_16k/average_l0_9",
            lambda file, w: np.savez_compressed(file, **{n: np.asfortranarray(v) for n, v in w.items()}),
        ),
        "lower-case": (
            "layer_5/width_16k/average_l0_8",
            lambda file, w: np.savez(file, **{n.replace("W_", "w_"): v for n, v in w.items()}),
        ),
        "embedding": ("embedding/width_4k/average_l0_6", lambda file, w: np.savez(file, **w)),
    }
    for seed, (name, (folder, save)) in enumerate(variants.items()):
        (root / base / folder).mkdir(parents=True, exist_ok=True)
        save(root / base / folder / "params.npz", five(60 + seed))
        sae = load_with(loaders.gemma_2_sae_huggingface_loader, root / base, str(base), folder)
        x = inputs(scale=3.0 if name == "embedding" else 1.0)
        acts = sae.encode(x)
        expect(f"gemma-scope-{name}", str(base / folder), x, acts, sae.decode(acts), kind="jumprelu")

    base, folder = Path("google/gemma-scope-2-270m-pt"), "resid_post/layer_5_width_16k_l0_small"
    (root / base / folder).mkdir(parents=True, exist_ok=True)
    tensors = {name.lower(): torch.from_numpy(values) for name, values in five(70).items()}
    save_file(tensors, root / base / folder / "params.safetensors")
    config = {"architecture": "jump_relu", "model_name": "gemma-v3-270m-pt", "hf_hook_point_in": "model.layers.5.output",
              "hf_hook_point_out": "model.layers.5.output", "width": F, "l0": 9}
    (root / base / folder / "config.json").write_text(json.dumps(config))
    sae = load_with(loaders.gemma_3_sae_huggingface_loader, root / base, str(base), folder)
    acts = sae.encode(inputs())
    expect("gemma-scope-2", str(base / folder), inputs(), acts, sae.decode(acts), kind="jumprelu")


def linear_names(weights):
    return {
        "encoder.weight": torch.from_numpy(weights["W_enc"]).T.contiguous(),
        "decoder.weight": torch.from_numpy(weights["W_dec"]).T.contiguous(),
        "encoder.bias": torch.from_numpy(weights["b_enc"]),
        "decoder.bias": torch.from_numpy(weights["b_dec"]),
    }


def make_llama_scope():
    base, folder = Path("fnlp/Llama3_1-8B-Base-LXR-8x"), "Llama3_1-8B-Base-L3R-8x"
    (root / base / folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    save_file(linear_names(five(80)), root / base / folder / "checkpoints" / "final.safetensors")
    norm = 1.7
    settings = {"d_model": D, "d_sae": F, "hook_point_in": "blocks.3.hook_resid_post", "hook_point_out": "blocks.3.hook_resid_post",
                "act_fn": "jumprelu", "jump_relu_threshold": 0.24, "dataset_average_activation_norm": {"in": norm, "out": norm},
                "apply_decoder_bias_to_pre_encoder": False, "use_glu_encoder": False, "top_k": 5}
    (root / base / folder / "hyperparams.json").write_text(json.dumps(settings))
    sae = load_with(loaders.llama_scope_sae_huggingface_loader, root / base, str(base), folder)
    sae.fold_activation_norm_scaling_factor(D**0.5 / norm)
    acts = sae.encode(inputs())
    expect("llama-scope", str(base / folder), inputs(), acts, sae.decode(acts), kind="jumprelu")

    base, folder = Path("fnlp/Llama-Scope-R1-Distill"), "800M-Slimpajama-0-OpenR1-Math-220k/L3R"
    (root / base / folder).mkdir(parents=True, exist_ok=True)
    weights = five(81)
    tensors = {**linear_names(weights), "log_jumprelu_threshold": torch.from_numpy(weights["threshold"]).log()}
    save_file(tensors, root / base / folder / "sae_weights.safetensors")
    settings = {"d_model": D, "expansion_factor": F // D, "hook_point_in": "blocks.3.hook_resid_post",
                "hook_point_out": "blocks.3.hook_resid_post", "act_fn": "jumprelu"}
    (root / base / folder / "config.json").write_text(json.dumps(settings))
    sae = load_with(loaders.llama_scope_r1_distill_sae_huggingface_loader, root / base, str(base), folder)
    sae.fold_activation_norm_scaling_factor(1.9)
    acts = sae.encode(inputs())
    expect("llama-scope-r1", str(base / folder), inputs(), acts, sae.decode(acts), kind="jumprelu", options={"inputScale": 1.9})


# --- sparsify ------------------------------------------------------------------------------------------------------


def make_sparsify():
    from sparsify import SparseCoder, SparseCoderConfig
    from sparsify import sparse_coder as module
    from sparsify.utils import eager_decode

    module.decoder_impl = eager_decode  # its Triton kernel needs a GPU
    (root / "sparsify").mkdir(parents=True, exist_ok=True)
    (root / "sparsify" / "config.json").write_text(json.dumps({"model": "EleutherAI/tiny", "dataset": "text", "ctx_len": 128}))
    for seed, (name, settings, dtype) in enumerate(
        [("layers.3", {}, torch.float32), ("layers.4.mlp", {"activation": "groupmax"}, torch.float32), ("h.5", {}, torch.float16)]
    ):
        coder = SparseCoder(D, SparseCoderConfig(num_latents=F, k=4, **settings), dtype=dtype)
        randomise(coder, 90 + seed).save_to_disk(root / "sparsify" / name)
        coder = SparseCoder.load_from_disk(root / "sparsify" / name).float()
        x = inputs()
        top = coder.encode(x)
        acts = torch.zeros(ROWS, F).scatter(1, top.top_indices, top.top_acts)
        expect(f"sparsify-{name}", f"sparsify/{name}", x, acts, coder.decode(top.top_acts, top.top_indices), kind="topk")


# --- dictionary_learning -------------------------------------------------------------------------------------------


def make_dictionary_learning():
    # Its package imports nnsight, which only reading activations needs.
    for name in ("nnsight", "datasets", "zstandard", "umap"):
        if name not in sys.modules:
            stub = types.ModuleType(name)
            stub.LanguageModel = stub.load_dataset = object
            sys.modules[name] = stub
    from dictionary_learning import dictionary
    from dictionary_learning.trainers.batch_top_k import BatchTopKSAE
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE
    from dictionary_learning.trainers.top_k import AutoEncoderTopK

    makers = {
        "AutoEncoder": (lambda: dictionary.AutoEncoder(D, F), "relu"),
        "AutoEncoderNew": (lambda: dictionary.AutoEncoderNew(D, F), "relu"),
        "GatedAutoEncoder": (lambda: dictionary.GatedAutoEncoder(D, F), "jumprelu"),
        "JumpReluAutoEncoder": (lambda: dictionary.JumpReluAutoEncoder(D, F), "jumprelu"),
        "AutoEncoderTopK": (lambda: AutoEncoderTopK(D, F, 4), "topk"),
        "BatchTopKSAE": (lambda: BatchTopKSAE(D, F, 4), "batch-topk"),
        "MatryoshkaBatchTopKSAE": (lambda: MatryoshkaBatchTopKSAE(D, F, 4, [6, 6, 12]), "matryoshka-batch-topk"),
    }
    for seed, (name, (make, kind)) in enumerate(makers.items()):
        ae = randomise(make(), 110 + seed)
        if "BatchTopK" in name:
            ae.threshold.fill_(0.6)
        folder = root / "dictionary-learning" / name
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(ae.state_dict(), folder / "ae.pt")
        trainer = {"dict_class": name, "trainer_class": "Trainer", "activation_dim": D, "dict_size": F, "layer": 3,
                   "lm_name": "EleutherAI/pythia-70m-deduped", "submodule_name": "resid_post_layer_3"}
        if "TopK" in name:
            trainer["k"] = 4
        (folder / "config.json").write_text(json.dumps({"trainer": trainer, "buffer": {"ctx_len": 128, "io": "out"}}))
        x = inputs()
        acts = ae.encode(x)
        expect(f"dictionary-learning-{name}", f"dictionary-learning/{name}", x, acts, ae.decode(acts), kind=kind)

    # A backup as later versions write during training: units of normalised inputs, the factor beside it.
    ae = randomise(BatchTopKSAE(D, F, 4), 130)
    ae.threshold.fill_(0.6)
    optimizer = torch.optim.Adam(ae.parameters())
    ae.encode(inputs()).sum().backward()
    optimizer.step()
    folder = root / "dictionary-learning" / "backup"
    folder.mkdir(parents=True, exist_ok=True)
    config = {"trainer": {"dict_class": "BatchTopKSAE", "layer": 3, "lm_name": "tiny", "k": 4}, "buffer": {}}
    torch.save({"step": 1, "ae": ae.state_dict(), "optimizer": optimizer.state_dict(), "config": config["trainer"], "norm_factor": 2.5},
               folder / "ae.pt")
    (folder / "config.json").write_text(json.dumps(config))
    ae.scale_biases(2.5)
    acts = ae.encode(inputs(scale=2.5))
    expect("dictionary-learning-backup", "dictionary-learning/backup", inputs(scale=2.5), acts, ae.decode(acts), kind="batch-topk")


# --- OpenAI --------------------------------------------------------------------------------------------------------


def make_openai():
    sys.path.insert(0, sys.argv[2])
    sys.modules["sparse_autoencoder"] = types.ModuleType("sparse_autoencoder")
    sys.modules["sparse_autoencoder"].__path__ = [str(Path(sys.argv[2]) / "sparse_autoencoder")]
    from sparse_autoencoder.model import Autoencoder, TopK

    for seed, (name, layer, activation, kind) in enumerate(
        [("resid_post_mlp_v5_32k", 8, TopK(4), "topk"), ("resid_delta_mlp_v1", 2, torch.nn.ReLU(), "relu")]
    ):
        ae = randomise(Autoencoder(F, D, activation=activation, normalize=kind == "topk"), 140 + seed)
        folder = root / "gpt2-small" / name / "autoencoders"
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(ae.state_dict(), folder / f"{layer}.pt")
        ae = Autoencoder.from_state_dict(torch.load(folder / f"{layer}.pt"), strict=False)
        x = inputs(scale=2.0)
        acts, info = ae.encode(x)
        path = f"gpt2-small/{name}/autoencoders/{layer}.pt"
        expect(f"openai-{kind}", path, x, acts, ae.decode(acts, info), kind=kind)


make_sae_lens()
make_gemma_scope()
make_llama_scope()
make_sparsify()
make_dictionary_learning()
make_openai()
