"""Trains the tiny CLIP: a ViT and a text transformer whose embeddings meet where a scene shows what a caption says.

A caption names a few concepts, so it fits many pictures of a batch; InfoNCE, which allows one, would punish the
others. Two losses that know all the fitting pairs replace it: the pairwise sigmoid loss of SigLIP (Zhai et al., 2023,
arXiv 2303.15343), and for ranking a softmax over the pictures of the batch in which every fitting one counts. A ViT
this small learns little from captions alone: it is also told, patch by patch, what it sees.
"""

import copy
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.model import set_model_preprocess_cfg
from open_clip.push_to_hf_hub import save_for_hf
from open_clip.tokenizer import HFTokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from bddseg_tui.index.demo_models.captions import caption, draw_wanted, noun
from bddseg_tui.index.demo_models.concepts import CONCEPTS, fits, truths
from bddseg_tui.index.demo_models.patch_targets import PatchHead, flip_targets, patch_targets
from bddseg_tui.index.demo_models.scenes import IMAGE_SIZE, Scenes
from bddseg_tui.index.demo_models.tokenizer import train_tokenizer

CONTEXT, VOCABULARY = 40, 800
SINGLES = 28
"""Captions of a batch that name one concept, whatever its pictures show; all others are of a picture each."""
WIDTH, EMBED = 192, 256
MODEL_CONFIG: dict[str, Any] = {
    "embed_dim": EMBED,
    "init_logit_bias": -4.0,
    "vision_cfg": {"image_size": IMAGE_SIZE, "patch_size": 16, "width": WIDTH, "layers": 6, "head_width": 64},
    "text_cfg": {
        "context_length": CONTEXT,
        "vocab_size": VOCABULARY,
        "hf_tokenizer_name": "tiny",
        "width": 128,
        "heads": 4,
        "layers": 3,
        "pool_type": "eos",
        "eos_id": 2,
        "pad_id": 0,
    },
}
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Recipe:
    """How long and how fast; the defaults fit a CPU with two cores."""

    seconds: float = 5400
    batch: int = 32
    rate: float = 6e-4
    warmup: int = 300
    seed: int = 0
    device: str = "cpu"
    start: Path | None = None
    """Weights to go on from, as an earlier training saved them."""


def normalise(images: Tensor) -> Tensor:
    """uint8 [B, h, w, 3] to float32 [B, 3, h, w] as the preprocessing leaves it."""
    mean, std = torch.tensor(MEAN, device=images.device), torch.tensor(STD, device=images.device)
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def caption_corpus(table: np.ndarray, count: int, rng: random.Random) -> list[str]:
    """`count` captions of scenes, from their truths int8 [N, concepts]."""
    sentences = []
    for _ in range(count):
        shown = np.flatnonzero(table[rng.randrange(len(table))] == 1).tolist()
        sentences.append(caption(draw_wanted(shown, rng), rng))
    return sentences


def train_clip(folder: Path, train: Scenes, val: Scenes, recipe: Recipe) -> None:
    """Trains for about `recipe.seconds` and saves an open_clip folder that `local-dir:` loads."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    table, val_table = (np.stack([truths(d) for d in s.descriptions]) for s in (train, val))
    words = train_tokenizer(caption_corpus(table, 60_000, rng), VOCABULARY, lower=True, close=True)
    words.save_pretrained(folder)
    tokenizer = HFTokenizer(str(folder), context_length=CONTEXT)
    model = open_clip.CLIP(**MODEL_CONFIG, output_dict=True).to(recipe.device)
    if recipe.start is not None:
        model.load_state_dict(open_clip.create_model(f"local-dir:{recipe.start}", device=recipe.device).state_dict())
    model.visual.output_tokens = True
    heads = nn.ModuleDict({"patch": PatchHead(WIDTH), "concept": nn.Linear(EMBED, len(CONCEPTS))}).to(recipe.device)

    def checkpoint() -> str:
        save_clip(folder, model, tokenizer)
        return _score(model, tokenizer, val, val_table, recipe)

    _fit(model, heads, tokenizer, train, table, recipe, checkpoint)


def save_clip(folder: Path, model: nn.Module, tokenizer: HFTokenizer) -> None:
    """Writes config, tokenizer and weights (safetensors, half precision) as open_clip's own hub folders have them."""
    set_model_preprocess_cfg(
        model, {"size": IMAGE_SIZE, "mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "squash"}
    )
    save_for_hf(copy.deepcopy(model).half(), tokenizer, MODEL_CONFIG, str(folder), safe_serialization=True)
    for path in folder.iterdir():
        path.chmod(0o644)


def _fit(
    model: nn.Module,
    heads: nn.ModuleDict,
    tokenizer: HFTokenizer,
    train: Scenes,
    table: np.ndarray,
    recipe: Recipe,
    checkpoint: Callable[[], str],
) -> None:
    rng, order = random.Random(recipe.seed + 1), np.random.default_rng(recipe.seed)
    patches = torch.from_numpy(patch_targets(train))
    truth = torch.from_numpy(table)
    weights = 1 / np.sqrt(np.maximum((table == 1).sum(0), 1))
    decay = [p for p in [*model.parameters(), *heads.parameters()] if p.ndim >= 2]
    plain = [p for p in [*model.parameters(), *heads.parameters()] if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=recipe.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    start, step, spent, last = time.monotonic(), 0, 0.0, 0.0
    kind = "cuda" if recipe.device.startswith("cuda") else "cpu"
    queue: list[int] = []
    while spent < recipe.seconds:
        if len(queue) < recipe.batch:
            queue = order.permutation(len(train)).tolist()
        batch = sorted(queue[: recipe.batch])
        del queue[: recipe.batch]
        share = spent / recipe.seconds
        rate = recipe.rate * min((step + 1) / recipe.warmup, 0.5 * (1 + math.cos(math.pi * share)) + 0.01)
        for group in optimizer.param_groups:
            group["lr"] = rate
        images, targets = torch.from_numpy(np.ascontiguousarray(train.images[batch])), patches[batch]
        if rng.random() < 0.5:
            images, targets = images.flip(2), flip_targets(targets)
        images = _jitter(normalise(images.to(recipe.device)))
        wanted = [_weighted_wanted(table[i], weights, rng) for i in batch]
        singles = [[c] for c in rng.sample(range(len(CONCEPTS)), SINGLES)]
        texts = [caption(w, rng) for w in wanted] + [noun(c, rng) for (c,) in singles]
        relevance = np.stack([fits(table[batch], w) for w in wanted + singles], axis=1)
        with torch.autocast(kind, dtype=torch.bfloat16):
            pooled, tokens = model.visual(images)  # type: ignore[operator]
            text = model.encode_text(tokenizer(texts).to(recipe.device))  # type: ignore[operator]
            concept = heads["concept"](pooled)
            dense = heads["patch"].loss(tokens, targets.to(recipe.device))  # type: ignore[operator]
        image, text = F.normalize(pooled.float(), dim=-1), F.normalize(text.float(), dim=-1)
        cosine = image @ text.T
        known = torch.from_numpy(relevance).to(recipe.device)
        pair = pair_loss(cosine, known, model.logit_scale.exp(), model.logit_bias)  # type: ignore[operator, arg-type]
        ranking = ranking_loss(cosine, known)
        seen = truth[batch].to(recipe.device)
        direct = F.binary_cross_entropy_with_logits(concept.float(), seen.clamp(min=0).float(), reduction="none")
        direct = (direct * (seen >= 0)).mean()
        # Of about the same size each; were one far larger, clipping the gradient would silence the others.
        loss = 4 * pair + ranking + 4 * direct + 0.5 * dense
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*model.parameters(), *heads.parameters()], 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))  # type: ignore[operator]
        step, spent = step + 1, time.monotonic() - start
        if step % 100 == 0:
            print(
                f"step {step:6d}  {spent:6.0f} s  {step * recipe.batch / spent:5.1f} img/s  pair {pair.item():.3f}  "
                f"ranking {ranking.item():.3f}  concept {direct.item():.3f}  patch {dense.item():.3f}",
                flush=True,
            )
        if spent - last > 300:
            last = spent
            print(checkpoint(), flush=True)
    print(checkpoint(), flush=True)


def pair_loss(cosine: Tensor, relevance: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """SigLIP's loss over all decided pairs: cosine float [images, texts], relevance int8 of 1, 0, -1 (left out)."""
    logits = cosine * scale + bias
    loss = F.binary_cross_entropy_with_logits(logits, relevance.clamp(min=0).float(), reduction="none")
    return (loss * (relevance >= 0)).sum() / (relevance >= 0).sum()


def ranking_loss(cosine: Tensor, relevance: Tensor, temperature: float = 0.05) -> Tensor:
    """For each text, minus the log share of softmax weight that its fitting images get; undecided ones are left out."""
    logits = (cosine / temperature).masked_fill(relevance < 0, -1e4)
    mine = logits.masked_fill(relevance != 1, -1e4)
    loss = logits.logsumexp(0) - mine.logsumexp(0)
    decided = (relevance == 1).any(0) & (relevance == 0).any(0)
    return loss[decided].mean()


def _jitter(images: Tensor) -> Tensor:
    gain = 1 + 0.15 * torch.randn(len(images), 1, 1, 1, device=images.device)
    shift = 0.15 * torch.randn(len(images), 1, 1, 1, device=images.device)
    tint = 1 + 0.03 * torch.randn(len(images), 3, 1, 1, device=images.device)
    return images * gain.clamp(0.6, 1.4) * tint + shift


def _weighted_wanted(row: np.ndarray, weights: np.ndarray, rng: random.Random) -> list[int]:
    """Concepts for a caption, the rare ones more often than they are shown."""
    shown = np.flatnonzero(row == 1).tolist()
    keep = rng.choices(shown, [weights[c] for c in shown], k=min(6, len(shown)))
    return draw_wanted(list(dict.fromkeys(keep)), rng)


@torch.inference_mode()
def _score(model: nn.Module, tokenizer: HFTokenizer, val: Scenes, table: np.ndarray, recipe: Recipe) -> str:
    """Success@1 and @5 over the validation scenes for captions of one to three concepts, and the mean margin."""
    rng = random.Random(7)
    features = []
    model.eval()
    for at in range(0, len(val), 100):
        images = torch.from_numpy(val.images[at : at + 100].copy()).to(recipe.device)
        features.append(F.normalize(model.visual(normalise(images))[0], dim=-1))  # type: ignore[operator]
    wanted: list[list[int]] = []
    while len(wanted) < 500:
        shown = np.flatnonzero(table[rng.randrange(len(table))] == 1).tolist()
        wanted.append(draw_wanted(shown, rng)[:3])
    texts = F.normalize(model.encode_text(tokenizer([caption(w, rng) for w in wanted]).to(recipe.device)), dim=-1)  # type: ignore[operator]
    model.train()
    order = (torch.cat(features) @ texts.T).argsort(0, descending=True).T.cpu().numpy()
    found = {1: 0, 5: 0}
    for row, w in zip(order, wanted, strict=True):
        fit = fits(table, w)
        ranked = [fit[i] for i in row if fit[i] >= 0]
        for k in found:
            found[k] += 1 in ranked[:k]
    return "validation: " + "  ".join(f"success@{k} {v / len(wanted):.3f}" for k, v in found.items())
