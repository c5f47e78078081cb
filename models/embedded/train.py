"""Trains the embedded CLIP from generated images only, on the CPU; the recipe behind hf/.

Run: python train.py            trains to the last step, or goes on from the checkpoint where there is one
     python train.py --export   writes the checkpoint to hf/ as a Hugging Face CLIP folder
The defaults are those of the shipped model: they stand in main() and in the model card. What a step sees follows from its
number alone, so that an interrupted run ends where an uninterrupted one does. Pictures come from generate.ts (--data);
checkpoint.pt and curve.jsonl, the mean losses since the line before, are written to --out every 50 steps.

Objectives, summed (WEIGHTS):
  clip     contrastive image-text (Radford et al., 2021), each image beside its twin without or with the lesion
  lesion   per patch and tap: which share of the patch is lesion (a linear probe's cross-entropy)
  feature  per patch and tap: descriptors of the patch and of its surroundings (a linear probe's error)
  geometry per tap: the token's direction, so that cosines between tokens are those between their descriptors
Descriptors are formulas (histograms of oriented gradients at three scales, local means and contrasts), not a network.
As in masked image modelling, half of the patches are hidden from the transformer in most of the training; what it has
to tell about the surroundings of a patch therefore includes what it cannot see.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from vocabulary import HF, Tokenizer

SIDE, PATCH, GRID = 224, 16, 14
VISION = dict(width=192, layers=8, heads=3)
TEXT = dict(width=128, layers=4, heads=2, length=77)
EMBED = 192
TAPS = (4, 6, 8)  # blocks counted from 1
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
WEIGHTS = dict(clip=0.1, lesion=0.5, feature=1.0, geometry=10.0)
PLAIN = 35  # descriptors of a patch; with those of its surroundings, 70


# --- the model, with the tensor names of transformers' CLIPModel ------------------------------------------------------


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, causal):
        batch, tokens, width = x.shape
        q, k, v = (p(x).view(batch, tokens, self.heads, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        hidden = self.fc1(x)
        return self.fc2(hidden * torch.sigmoid(1.702 * hidden))  # quick_gelu


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attn, self.mlp = Attention(width, heads), Mlp(width)

    def forward(self, x, causal=False):
        x = x + self.self_attn(self.layer_norm1(x), causal)
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.layers = nn.ModuleList(Block(width, heads) for _ in range(layers))


class VisionEmbeddings(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.02)
        self.patch_embedding = nn.Conv2d(3, width, PATCH, PATCH, bias=False)
        self.position_embedding = nn.Embedding(1 + GRID * GRID, width)


class Vision(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.embeddings = VisionEmbeddings(width)
        self.pre_layrnorm = nn.LayerNorm(width)  # the name that transformers uses
        self.encoder = Encoder(width, layers, heads)
        self.post_layernorm = nn.LayerNorm(width)

    def forward(self, images, kept=None):
        """
        (B, 3, 224, 224) to the taps' patch tokens [(B, 196, width)] and the class token after the last norm.
        `kept` (B, n): the transformer sees these patches only, and the taps are (B, n, width).
        """
        patches = self.embeddings.patch_embedding(images).flatten(2).transpose(1, 2)
        position = self.embeddings.position_embedding.weight
        patches = patches + position[1:]
        if kept is not None:
            patches = gather(patches, kept)
        cls = (self.embeddings.class_embedding + position[0]).expand(len(images), 1, -1)
        x = self.pre_layrnorm(torch.cat([cls, patches.to(cls.dtype)], 1))
        taps = []
        for number, block in enumerate(self.encoder.layers, 1):
            x = block(x)
            if number in TAPS:
                taps.append(x[:, 1:])
        return taps, self.post_layernorm(x[:, 0])

    def taps(self, images):
        return self(images)[0]


class TextEmbeddings(nn.Module):
    def __init__(self, width, length, vocabulary):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(length, width)


class Text(nn.Module):
    def __init__(self, width, layers, heads, length, vocabulary):
        super().__init__()
        self.embeddings = TextEmbeddings(width, length, vocabulary)
        self.encoder = Encoder(width, layers, heads)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids, causal):
        """`causal` cuts to the longest text, exactly; without it all positions take part, as MediCLIP's code does."""
        end = ids.argmax(-1)
        if causal:
            ids = ids[:, : int(end.max()) + 1]
        x = self.embeddings.token_embedding(ids) + self.embeddings.position_embedding.weight[: ids.shape[1]]
        for block in self.encoder.layers:
            x = block(x, causal)
        return self.final_layer_norm(x)[torch.arange(len(ids)), end]


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        vocabulary = len(json.loads((HF / "vocab.json").read_text()))
        self.text_model = Text(**TEXT, vocabulary=vocabulary)
        self.vision_model = Vision(**VISION)
        self.visual_projection = nn.Linear(VISION["width"], EMBED, bias=False)
        self.text_projection = nn.Linear(TEXT["width"], EMBED, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.apply(initialise)
        with torch.no_grad():
            self.vision_model.embeddings.patch_embedding.weight.copy_(cosine_filters(VISION["width"]))
        for tower, shape in ((self.vision_model, VISION), (self.text_model, TEXT)):
            for block in tower.encoder.layers:
                for layer in (block.self_attn.out_proj, block.mlp.fc2):
                    nn.init.normal_(layer.weight, std=shape["width"] ** -0.5 * (2 * shape["layers"]) ** -0.5)

    @property
    def vision(self):
        return self.vision_model


def initialise(module):
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=0.02)


def cosine_filters(count):
    """(count, 3, 16, 16): the lowest two-dimensional cosines of grey, at unit norm falling with frequency."""
    pairs = sorted(((u, v) for u in range(PATCH) for v in range(PATCH)), key=lambda p: (p[0] ** 2 + p[1] ** 2, p))[:count]
    at = (torch.arange(PATCH) + 0.5) / PATCH * math.pi
    filters = [torch.outer(torch.cos(v * at), torch.cos(u * at)) / (1 + 0.15 * math.hypot(u, v)) for u, v in pairs]
    grey = torch.stack([f / f.norm() for f in filters])
    return 0.25 * grey[:, None].expand(-1, 3, -1, -1) / 3


def gather(tokens, kept):
    """(B, patches, width), (B, n) to (B, n, width)"""
    return tokens.gather(1, kept[..., None].expand(-1, -1, tokens.shape[-1]))


# --- descriptors: what every patch looks like, by formula --------------------------------------------------------------


def gaussian_blur(x, sigma):
    radius = int(2.5 * sigma + 0.5)
    kernel = torch.exp(-torch.arange(-radius, radius + 1.0) ** 2 / (2 * sigma * sigma))
    kernel = kernel / kernel.sum()
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="reflect"), kernel.view(1, 1, 1, -1))
    return F.conv2d(F.pad(x, (0, 0, radius, radius), mode="reflect"), kernel.view(1, 1, -1, 1))


@torch.no_grad()
def describe(images):
    """(B, 3, 224, 224) in 0..1 to (B, 196, 35): oriented gradients at 3 scales, means and contrasts, a constant."""
    grey = images.mean(1, keepdim=True)
    maps = []
    for scale in range(3):
        small = F.avg_pool2d(grey, 2**scale) if scale else grey
        dx = F.pad(small[..., 2:] - small[..., :-2], (1, 1, 0, 0))
        dy = F.pad(small[..., 2:, :] - small[..., :-2, :], (0, 0, 1, 1))
        strength, angle = torch.hypot(dx, dy), 2 * torch.atan2(dy, dx)
        bins = [strength * torch.cos(angle - 2 * math.pi * b / 8).clamp(min=0) ** 2 for b in range(8)]
        maps.append(2 * F.avg_pool2d(torch.cat(bins, 1), PATCH >> scale).sqrt())
    mean = F.avg_pool2d(grey, PATCH)
    maps += [mean, (F.avg_pool2d(grey * grey, PATCH) - mean * mean).clamp(min=0).sqrt()]
    for sigma in (2, 4, 8, 16):
        step = min(4, sigma)  # blur of a smaller picture: the same, for less
        small = F.avg_pool2d(grey, step)
        smooth = F.interpolate(gaussian_blur(small, sigma / step), scale_factor=step, mode="bilinear")
        maps += [F.avg_pool2d(smooth, PATCH), F.avg_pool2d((grey - smooth).abs(), PATCH)]
    maps.append(torch.full_like(mean, 0.3))
    return torch.cat(maps, 1).flatten(2).transpose(1, 2)


def with_surroundings(plain):
    """(B, 196, 35) to (B, 196, 70): beside each patch's descriptors their mean over the 9 x 9 patches around it."""
    grid = plain.transpose(1, 2).unflatten(2, (GRID, GRID))
    around = F.avg_pool2d(grid, 9, 1, 4, count_include_pad=False)
    return torch.cat([plain, around.flatten(2).transpose(1, 2)], -1)


class Heads(nn.Module):
    """What is thrown away after training: probes on the taps, and statistics of the descriptors."""

    def __init__(self):
        super().__init__()
        self.lesion = nn.ModuleList(nn.Linear(VISION["width"], 1) for _ in TAPS)
        self.feature = nn.ModuleList(nn.Linear(VISION["width"], 2 * PLAIN) for _ in TAPS)
        self.register_buffer("mean", torch.zeros(2 * PLAIN))
        self.register_buffer("deviation", torch.ones(2 * PLAIN))
        self.register_buffer("whitening", torch.eye(PLAIN))
        # A fixed frame of orthogonal directions in which the tokens lay out the geometry: it keeps all cosines.
        noise = torch.randn(VISION["width"], 3 * PLAIN + 2, generator=torch.Generator().manual_seed(7))
        self.register_buffer("frame", torch.linalg.qr(noise)[0], persistent=False)

    def learn_statistics(self, plain):
        both = with_surroundings(plain).flatten(0, 1)
        self.mean.copy_(both.mean(0))
        self.deviation.copy_(both.std(0) + 0.02)
        values, vectors = torch.linalg.eigh(torch.cov(plain.flatten(0, 1).T))
        self.whitening.copy_(vectors / (values + 1e-3).sqrt())

    def geometry(self, plain):
        """
        (B, 196, 35) to (B, 196, 192), the directions that the taps shall have: raw descriptors with those of the surroundings
        and the place in the picture, and a fifth of whitened descriptors. Chosen by what nearest normals make of it.
        """
        line = torch.linspace(-2.5, 2.5, GRID)
        place = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).view(1, GRID * GRID, 2)
        raw = torch.cat([with_surroundings(plain), place.expand(len(plain), -1, -1)], -1)
        white = (plain - self.mean[:PLAIN]) @ self.whitening
        both = torch.cat([F.normalize(raw, dim=-1), 0.2 * F.normalize(white, dim=-1)], -1)
        return F.normalize(both, dim=-1) @ self.frame.T


# --- data ---------------------------------------------------------------------------------------------------------------


class Shards:
    """Pairs (the same anatomy without and with a lesion) from generate.ts, in a new order each time round."""

    def __init__(self, folder):
        self.tokens = Tokenizer()
        self.shards = []
        for path in sorted(Path(folder).glob("*.jsonl")):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            images = np.memmap(path.with_suffix(".images"), np.uint8, "r", shape=(len(lines), SIDE, SIDE, 3))
            masks = np.memmap(path.with_suffix(".masks"), np.uint8, "r", shape=(len(lines), SIDE * SIDE // 8))
            self.shards.append((lines, images, masks))
        if not self.shards:
            raise SystemExit(f"No pictures in {folder}. Draw them first: npm run embedded-pictures -- --out {folder}")
        self.pairs = [(s, p) for s, shard in enumerate(self.shards) for p in range(len(shard[0]) // 2)]

    def pair(self, number):
        """The pair that comes at `number`, counted over all times round."""
        around, at = divmod(number, len(self.pairs))
        return self.pairs[np.random.default_rng([1, around]).permutation(len(self.pairs))[at]]

    def batch(self, step, pairs):
        """images (2 pairs, 3, 224, 224) in 0..1, mask share per patch (2 pairs, 196), ids (2 pairs, 77)"""
        self.random = np.random.default_rng([0, step])
        self.previous = None
        images, masks, ids = [], [], []
        for number in range(step * pairs, (step + 1) * pairs):
            s, p = self.pair(number)
            lines, pixels, bits = self.shards[s]
            both = torch.from_numpy(pixels[2 * p : 2 * p + 2].copy()).permute(0, 3, 1, 2).float() / 255
            mask = torch.from_numpy(np.unpackbits(bits[2 * p : 2 * p + 2], axis=1)).view(2, 1, SIDE, SIDE).float()
            captions = [line["caption"] for line in lines[2 * p : 2 * p + 2]]
            both, mask, captions = self.vary(both, mask, captions)
            images.append(both)
            masks.append(F.avg_pool2d(mask, PATCH).flatten(1))
            ids += [self.tokens.encode(caption) for caption in captions]
        return torch.cat(images), torch.cat(masks), torch.tensor(ids)

    def vary(self, images, mask, captions):
        """Mirror, crop, a shine of another picture, contrast, exposure, noise: alike for both of a pair."""
        draw = self.random.random
        if draw() < 0.5:
            images, mask = images.flip(-1), mask.flip(-1)
            captions = [c.replace("left", "\0").replace("right", "left").replace("\0", "right") for c in captions]
        if draw() < 0.6:
            side = int(SIDE * (0.65 + 0.35 * draw()))
            x, y = (int(draw() * (SIDE - side + 1)) for _ in range(2))
            images, mask = (
                F.interpolate(t[..., y : y + side, x : x + side], size=(SIDE, SIDE), mode="bilinear", antialias=True)
                for t in (images, mask)
            )
        if self.previous is not None and draw() < 0.25:
            images = torch.lerp(images, self.previous, 0.4 * draw())
        self.previous = images[:1]
        images = images.clamp(1e-4, 1) ** math.exp(self.random.normal(0, 0.25))
        images = (images * math.exp(self.random.normal(0, 0.12)) + self.random.normal(0, 0.04)).clamp(0, 1)
        if draw() < 0.3:
            noise = torch.from_numpy(self.random.standard_normal((1, 1, SIDE, SIDE), dtype=np.float32))
            images = (images + 0.05 * draw() * noise).clamp(0, 1)
        if draw() < 0.05:
            images = 1 - images
        return images, mask, captions


# --- training -----------------------------------------------------------------------------------------------------------


def losses_of(model, heads, images, share, ids, generator, hide, precise):
    """`hide`: how many of the 196 patches the transformer does not see."""
    plain = describe(images)
    kept = torch.rand(share.shape, generator=generator).argsort(1)[:, : GRID * GRID - hide] if hide else None
    pick = (lambda t: gather(t, kept)) if hide else (lambda t: t)
    target = pick((with_surroundings(plain) - heads.mean) / heads.deviation)
    geometry = pick(heads.geometry(plain))
    share = pick(share[..., None]).squeeze(-1)
    causal = bool(torch.rand((), generator=generator) < 0.7)
    with torch.autocast("cpu", torch.bfloat16, enabled=not precise):
        taps, cls = model.vision_model((images - MEAN) / STD, kept)
        image_side = F.normalize(model.visual_projection(cls).float(), dim=-1)
        text_side = F.normalize(model.text_projection(model.text_model(ids, causal)).float(), dim=-1)
        lesion = [probe(tap).float().squeeze(-1) for probe, tap in zip(heads.lesion, taps)]
        feature = [probe(tap).float() for probe, tap in zip(heads.feature, taps)]
    logits = model.logit_scale.clamp(max=math.log(100)).exp() * image_side @ text_side.T
    labels = torch.arange(len(logits))
    losses = {"clip": (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2}
    weight = torch.tensor(4.0)
    losses["lesion"] = sum(F.binary_cross_entropy_with_logits(z, share, pos_weight=weight) for z in lesion) / len(taps)
    losses["feature"] = sum(F.smooth_l1_loss(f, target) for f in feature) / len(taps)
    losses["geometry"] = 0
    white = heads.frame[:, -PLAIN:]  # hard to learn, and little of the cosine: counts for less
    for tap in taps:
        error = F.normalize(tap.float(), dim=-1) - geometry
        squares = error.pow(2).sum(-1) - 0.85 * (error @ white).pow(2).sum(-1)
        losses["geometry"] += squares.mean() / len(taps)
    return losses


def train(flags):
    torch.set_num_threads(flags.threads)
    torch.manual_seed(0)
    out = Path(flags.out)
    data = Shards(flags.data)
    out.mkdir(parents=True, exist_ok=True)
    model, heads = Clip(), Heads()
    parameters = [*model.parameters(), *heads.parameters()]
    decayed = [p for p in parameters if p.ndim > 1]
    plain = [p for p in parameters if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=flags.rate, betas=(0.9, 0.98))
    if (out / "checkpoint.pt").exists():
        step = resume(out, flags, data, model, heads, optimizer)
    else:
        step = 0
        (out / "curve.jsonl").unlink(missing_ok=True)
        heads.learn_statistics(describe(data.batch(flags.steps, 64)[0]))
    started = last = time.monotonic()
    sums = dict.fromkeys(WEIGHTS, 0.0)
    count = 0
    stop = step == flags.steps
    while not stop:
        progress = step / flags.steps
        rate = flags.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        hide = GRID * GRID // 2 if progress < 0.6 else 0
        generator = torch.Generator().manual_seed(step)
        losses = losses_of(model, heads, *data.batch(step, flags.pairs), generator, hide, flags.precise)
        total = sum(WEIGHTS[name] * loss for name, loss in losses.items())
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        count += 1
        for name, loss in losses.items():
            sums[name] += loss.item()
        now = time.monotonic()
        stop = step == flags.steps or now - started >= flags.minutes * 60
        if step % 50 == 0 or stop:
            means = {name: value / count for name, value in sums.items()}
            save(out, flags, data, model, heads, optimizer, step, {"step": step, "images": step * 2 * flags.pairs, **means})
            seconds = (now - last) / count
            left = (flags.steps - step) * seconds / 60
            figures = " ".join(f"{name} {value:.4f}" for name, value in means.items())
            print(f"step {step} of {flags.steps}, {seconds:.1f} s each, {left:.0f} min left: {figures}", flush=True)
            sums, count, last = dict.fromkeys(WEIGHTS, 0.0), 0, now
    if step < flags.steps:
        print(f"Time is up: the same command goes on from step {step}.", flush=True)


def settings_of(flags, data):
    """What the steps to come depend on: a checkpoint is not gone on with under others."""
    return {name: getattr(flags, name) for name in ("steps", "pairs", "rate", "precise")} | {"drawn": len(data.pairs)}


def save(out, flags, data, model, heads, optimizer, step, line):
    """The curve is part of the checkpoint: a line that was written for steps that were then lost is not kept."""
    curve = out / "curve.jsonl"
    lines = curve.read_text().splitlines() if curve.exists() else []
    lines = [old for old in lines if json.loads(old)["step"] < step] + [json.dumps(line)]
    replace(curve, lambda path: path.write_text("\n".join(lines) + "\n"))
    state = dict(model=model.state_dict(), heads=heads.state_dict(), optimizer=optimizer.state_dict())
    state.update(step=step, settings=settings_of(flags, data))
    replace(out / "checkpoint.pt", lambda path: torch.save(state, path))


def replace(path, write):
    """Whole or not at all, whenever it is interrupted."""
    partial = path.with_suffix(".partial")
    write(partial)
    os.replace(partial, path)


def resume(out, flags, data, model, heads, optimizer):
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    if saved["settings"] != settings_of(flags, data):
        raise SystemExit(
            f"The checkpoint in {out} was trained with {saved['settings']}, not with {settings_of(flags, data)} ("
            "drawn: pairs of pictures). Go on with the same, or give another --out."
        )
    model.load_state_dict(saved["model"])
    heads.load_state_dict(saved["heads"])
    optimizer.load_state_dict(saved["optimizer"])
    print(f"goes on from step {saved['step']}", flush=True)
    return saved["step"]


# --- out ----------------------------------------------------------------------------------------------------------------


def load_weights(model, path):
    path = Path(path)
    if path.is_dir() and (path / "model.safetensors").exists():
        from safetensors.torch import load_file

        model.load_state_dict({name: tensor.float() for name, tensor in load_file(path / "model.safetensors").items()})
        return
    path = path / "checkpoint.pt" if path.is_dir() else path
    model.load_state_dict(torch.load(path, weights_only=True)["model"])


def export(flags):
    """hf/: config.json, model.safetensors (float16), tokeniser and preprocessing settings."""
    from safetensors.torch import save_file

    model = Clip()
    load_weights(model, flags.out)
    tensors = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, HF / "model.safetensors", {"format": "pt"})
    vocabulary = len(model.text_model.embeddings.token_embedding.weight)

    def tower(shape):
        return {
            "hidden_size": shape["width"],
            "intermediate_size": 4 * shape["width"],
            "num_attention_heads": shape["heads"],
            "num_hidden_layers": shape["layers"],
            "hidden_act": "quick_gelu",
            "layer_norm_eps": 1e-05,
            "projection_dim": EMBED,
        }

    ends = {"bos_token_id": vocabulary - 2, "eos_token_id": vocabulary - 1}
    config = {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": EMBED,
        "logit_scale_init_value": 2.6592,
        "torch_dtype": "float16",
        "text_config": {**tower(TEXT), "max_position_embeddings": TEXT["length"], "vocab_size": vocabulary, **ends},
        "vision_config": {**tower(VISION), "image_size": SIDE, "patch_size": PATCH},
    }
    size = {"height": SIDE, "width": SIDE}
    preprocessing = {
        "image_mean": MEAN.flatten().tolist(),
        "image_std": STD.flatten().tolist(),
        "size": size,
        "crop_size": size,
        "do_center_crop": False,
        "resample": 2,
    }
    settings = {"model_max_length": 77, "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "!"}
    for name, content in (
        ("config.json", config),
        ("preprocessor_config.json", preprocessing),
        ("tokenizer_config.json", settings),
    ):
        (HF / name).write_text(json.dumps(content, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser()
    cache = Path.home() / ".cache/mediclip-workstation"
    parser.add_argument("--data", default=cache / "training")
    parser.add_argument("--out", default=cache / "embedded")
    parser.add_argument("--steps", type=int, default=1842, help="of the whole training; the rate falls towards the last")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop before, to go on later")
    parser.add_argument("--pairs", type=int, default=8, help="per step; two pictures each")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precise", action="store_true", help="float32 throughout")
    parser.add_argument("--export", action="store_true")
    flags = parser.parse_args()
    export(flags) if flags.export else train(flags)


if __name__ == "__main__":
    main()
