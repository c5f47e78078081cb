"""Measures patch features by nearest normals: image AUROC on folders of normal and abnormal pictures.

Run: python evaluate.py CHECKPOINT_OR_HF_FOLDER|random [--data DIR] [--sets head-ct chest-xray]
Per seed 16 normals are drawn; every patch of a test image gets 1 - cosine to its nearest patch of those normals, per
tap, averaged over the taps; a patch's feature is the sum of the 3 x 3 tokens around it, as in the product's memory bank
(--alone: its token alone); the image's score is the mean of its ten highest patches ("top10") or the highest ("max").
"""

import argparse
import math
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
PICTURES = {".png", ".jpg", ".jpeg"}


def load_folder(folder, side=224):
    """(N, 3, side, side) float32 in CLIP's normalisation, files in the order of their names."""
    images = []
    for path in sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in PICTURES):
        picture = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
        images.append(np.asarray(picture))
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
    return (pixels - MEAN) / STD


def auroc(normal, abnormal):
    """Share of (normal, abnormal) pairs in the right order, ties counted half."""
    scores = np.concatenate([normal, abnormal])
    order = scores.argsort(kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    n, m = len(normal), len(abnormal)
    return (ranks[n:].sum() - m * (m + 1) / 2) / (n * m)


def unit(tokens, alone):
    """(B, patches, width) to unit vectors, summed over the 3 x 3 patches around each unless `alone`."""
    tokens = tokens.float()
    if not alone:
        grid = math.isqrt(tokens.shape[1])
        square = tokens.transpose(1, 2).unflatten(2, (grid, grid))
        tokens = torch.nn.functional.avg_pool2d(square, 3, 1, 1, divisor_override=1).flatten(2).transpose(1, 2)
    return torch.nn.functional.normalize(tokens, dim=-1)


@torch.no_grad()
def taps_of(features, images, alone, batch=16):
    """List over taps of (N, patches, width), unit length."""
    parts = [[unit(tap, alone) for tap in features(images[i : i + batch])] for i in range(0, len(images), batch)]
    return [torch.cat([part[k] for part in parts]) for k in range(len(parts[0]))]


def nearest_normal(taps, support, chosen):
    """(len(chosen), patches): mean over taps of 1 - cosine to the nearest support patch."""
    total = 0
    for tap in taps:
        bank = tap[support].flatten(0, 1)
        rows = [1 - (tap[chosen[i : i + 32]] @ bank.T).amax(-1) for i in range(0, len(chosen), 32)]
        total = total + torch.cat(rows)
    return total / len(taps)


def measure(features, folder, alone, shots=16, seeds=5):
    """{'top10': [...], 'max': [...], 'mean': [...]} image AUROC per seed."""
    normal = taps_of(features, load_folder(Path(folder) / "normal"), alone)
    abnormal = taps_of(features, load_folder(Path(folder) / "abnormal"), alone)
    count = len(normal[0])
    taps = [torch.cat(pair) for pair in zip(normal, abnormal)]
    abnormal_rows = torch.arange(count, len(taps[0]))
    result = {"top10": [], "max": [], "mean": []}
    for seed in range(seeds):
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        rest = torch.cat([order[shots:], abnormal_rows])
        scores = nearest_normal(taps, order[:shots], rest)
        split = count - shots
        for name, score in (
            ("top10", scores.topk(10, dim=1).values.mean(1)),
            ("max", scores.amax(1)),
            ("mean", scores.mean(1)),
        ):
            result[name].append(auroc(score[:split].numpy(), score[split:].numpy()))
    return result


def report(title, features, data, sets, alone=False):
    for name in sets:
        result = measure(features, Path(data) / name, alone)
        figures = "  ".join(f"{key} {np.mean(v):.3f}+-{np.std(v, ddof=1):.3f}" for key, v in result.items())
        print(f"{title:28s} {name:12s} {figures}", flush=True)


def main():
    from train import Clip, load_weights

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--data", default=Path(__file__).parents[2] / "../shared/data")
    parser.add_argument("--sets", nargs="+", default=["head-ct", "chest-xray"])
    parser.add_argument("--alone", action="store_true")
    flags = parser.parse_args()
    torch.manual_seed(0)
    model = Clip()
    if flags.model != "random":
        load_weights(model, flags.model)
    model.eval()
    report(Path(flags.model).name, lambda images: model.vision.taps(images), flags.data, flags.sets, flags.alone)


if __name__ == "__main__":
    main()
