"""A Llama with random weights continuing prompts by chance: what generating many sequences at once costs there.

B sequences, 16 from each prompt of 45 tokens, 40 new tokens each at temperature 1; width D in heads of 32 (64 from D 512
on), MLP width F, K layers, vocabulary 512. Variants: "transformers", its generate(); "static", a loop by hand without
anything in the way: weights joined where they share an input, the prompt read once for all its sequences, keys and
values written in place into buffers of the final size.
"""

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

VERSIONS = ["transformers"]
VOCABULARY, PROMPT, SAMPLES, NEW = 512, 45, 16, 40
THETA, EPS = 10_000.0, 1e-5


def head_width(width):
    return 32 if width < 512 else 64


def open_operations(request, _batches):
    shape, device = request["shape"], request["device"]
    heads = max(1, shape["D"] // head_width(shape["D"]))
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=shape["D"],
        intermediate_size=shape["F"],
        num_hidden_layers=shape["K"],
        num_attention_heads=heads,
        max_position_embeddings=PROMPT + NEW,
        rope_theta=THETA,
        rms_norm_eps=EPS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
        attn_implementation="sdpa",
    )
    model = LlamaForCausalLM(config).eval().to(device)
    samples = min(SAMPLES, shape["B"])
    prompts = torch.randint(0, VOCABULARY, (max(1, shape["B"] // samples), PROMPT), device=device)
    generators = {"transformers": with_transformers, "static": StaticLoop}
    return {"generate": generators[request["variant"]](model, prompts, samples)}


def with_transformers(model, prompts, samples):
    @torch.inference_mode()
    def generate():
        sequences = model.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            num_return_sequences=samples,
            min_new_tokens=NEW,
            max_new_tokens=NEW,
        )
        assert sequences.shape == (len(prompts) * samples, PROMPT + NEW)

    return generate


class StaticLoop:
    def __init__(self, model, prompts, samples):
        config = model.config
        self.prompts, self.samples = prompts, samples
        self.heads, self.width = config.num_attention_heads, config.hidden_size // config.num_attention_heads
        self.embedding, self.final_norm = model.model.embed_tokens.weight.detach(), model.model.norm.weight.detach()
        self.layers = [self.join(layer) for layer in model.model.layers]
        rows, sizes = len(prompts) * samples, (self.heads, PROMPT + NEW, self.width)
        self.keys = [torch.zeros(rows, *sizes, device=prompts.device) for _ in self.layers]
        self.values = [torch.zeros(rows, *sizes, device=prompts.device) for _ in self.layers]
        frequencies = THETA ** (-torch.arange(0, self.width, 2, device=prompts.device) / self.width)
        angles = torch.outer(torch.arange(PROMPT + NEW, device=prompts.device).float(), frequencies)
        self.cosines, self.sines = angles.cos(), angles.sin()

    @staticmethod
    def join(layer):
        attention, mlp = layer.self_attn, layer.mlp
        qkv = torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight])
        return {
            "norm": layer.input_layernorm.weight.detach(),
            "qkv": qkv.detach(),
            "output": attention.o_proj.weight.detach(),
            "mlp_norm": layer.post_attention_layernorm.weight.detach(),
            "gate_up": torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]).detach(),
            "down": mlp.down_proj.weight.detach(),
        }

    def turn(self, x, start):
        count, half = x.shape[2], self.width // 2
        cosines, sines = self.cosines[start : start + count], self.sines[start : start + count]
        first, second = x[..., :half], x[..., half:]
        return torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)

    def attend(self, layer, i, normed, start):
        rows, count, width = normed.shape
        qkv = F.linear(normed, layer["qkv"]).view(rows, count, 3, self.heads, self.width)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        query, key = self.turn(query, start), self.turn(key, start)
        end = start + count
        if start == 0:  # a prompt is read once; its keys and values are then those of all its sequences
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            self.keys[i][:, :, :end].view(rows, self.samples, self.heads, end, self.width)[:] = key[:, None]
            self.values[i][:, :, :end].view(rows, self.samples, self.heads, end, self.width)[:] = value[:, None]
        else:
            self.keys[i][:, :, start:end] = key
            self.values[i][:, :, start:end] = value
            mixed = F.scaled_dot_product_attention(query, self.keys[i][:, :, :end], self.values[i][:, :, :end])
        return F.linear(mixed.transpose(1, 2).reshape(rows, count, width), layer["output"])

    def logits(self, tokens, start):
        hidden = F.embedding(tokens, self.embedding)
        shape = hidden.shape[-1:]
        for i, layer in enumerate(self.layers):
            hidden = hidden + self.attend(layer, i, F.rms_norm(hidden, shape, layer["norm"], EPS), start)
            gate, up = F.linear(F.rms_norm(hidden, shape, layer["mlp_norm"], EPS), layer["gate_up"]).chunk(2, dim=-1)
            hidden = hidden + F.linear(F.silu(gate) * up, layer["down"])
        return F.linear(F.rms_norm(hidden[:, -1], shape, self.final_norm, EPS), self.embedding)

    @torch.inference_mode()
    def __call__(self):
        logits = self.logits(self.prompts, 0).repeat_interleave(self.samples, dim=0)
        grown = [torch.multinomial(logits.softmax(-1), 1)]
        for start in range(PROMPT, PROMPT + NEW - 1):
            grown.append(torch.multinomial(self.logits(grown[-1], start).softmax(-1), 1))
        assert torch.cat(grown, dim=1).shape == (len(logits), NEW)
