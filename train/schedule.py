"""The learning rate by step: a linear warm-up, then a fall to 0."""

import math


def lr_factor(step: int, total: int, warmup: int, kind: str) -> float:
    """The share (0..1) of the peak learning rate at a step (from 0) of `total`.

    `cosine` is SGDR's half wave (Loshchilov & Hutter 2017, arXiv 1608.03983); `poly` is (1 - t)^0.9, as in DeepLab
    (Chen et al. 2016, arXiv 1606.00915).
    """
    warmup = min(warmup, max(0, total // 5))
    if step < warmup:
        return (step + 1) / warmup
    t = min(1.0, (step - warmup) / max(1, total - warmup))
    return 0.5 * (1 + math.cos(math.pi * t)) if kind == "cosine" else (1 - t) ** 0.9
