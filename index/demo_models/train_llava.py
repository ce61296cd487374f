"""Trains the tiny LLaVA: the tiny CLIP's vision tower, a projector, and a Llama of four layers.

As in the paper (Liu et al., 2023, arXiv 2304.08485) the picture's patches become tokens of the language model. Unlike
there the vision tower learns on, all but the embedding of the patches: what captions seldom tell is half lost in CLIP's
last layers (how heavily it rains is found by a linear probe in 88 of 100 scenes after layer 5, in 84 after layer 6).
Most sequences hold several first questions about one picture that do not see each other (a block mask and restarted
positions): the picture, which is most of the tokens, is then read once for all of them.
"""

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from bddseg_tui.index.demo_models.concepts import truths
from bddseg_tui.index.demo_models.conversations import CHAT_TEMPLATE, IMAGE_ID, Sequence, Writer, corpus
from bddseg_tui.index.demo_models.scenes import IMAGE_SIZE, Scenes
from bddseg_tui.index.demo_models.tokenizer import train_tokenizer
from bddseg_tui.index.demo_models.train_clip import MEAN, STD, WIDTH, Recipe, normalise
from bddseg_tui.index.demo_models.validation import Judge

VOCABULARY = 1200
VISION_LAYERS = 6
_VISION_RATE = 0.3
TASKS = {"apart": 36, "conversation": 12, "anchors": 42, "topic": 10}
"""How often a batch is of each task, in percent. With 16 for anchors a model that knew them forgot some in an hour."""


def build_llava() -> LlavaForConditionalGeneration:
    """The model with random weights, about 6.3 million."""
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=256,
        num_hidden_layers=VISION_LAYERS,
        num_attention_heads=WIDTH // 64,
        image_size=IMAGE_SIZE,
        patch_size=16,
        hidden_act="gelu",
    )
    text = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=640,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE_ID,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        image_seq_length=100,
        tie_word_embeddings=True,
        pad_token_id=0,
        eos_token_id=2,
        bos_token_id=1,
    )
    return LlavaForConditionalGeneration(config)


def copy_vision_tower(source: nn.Module, target: nn.Module) -> None:
    """Copies open_clip's ViT into transformers' CLIPVisionModel: the same architecture under other names."""
    old, new = source.state_dict(), {}
    names = {
        "class_embedding": "embeddings.class_embedding",
        "conv1.weight": "embeddings.patch_embedding.weight",
        "positional_embedding": "embeddings.position_embedding.weight",
        "ln_pre": "pre_layrnorm",
        "ln_post": "post_layernorm",
    }
    layers = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    for name, value in old.items():
        if name.startswith("transformer.resblocks."):
            _, _, number, rest = name.split(".", 3)
            prefix = f"encoder.layers.{number}."
            if rest.startswith("attn.in_proj_"):
                for part, chunk in zip("qkv", value.chunk(3), strict=True):
                    new[f"{prefix}self_attn.{part}_proj.{rest.removeprefix('attn.in_proj_')}"] = chunk
            elif rest.startswith("attn.out_proj"):
                new[f"{prefix}self_attn.{rest.removeprefix('attn.')}"] = value
            else:
                module, leaf = rest.rsplit(".", 1)
                new[f"{prefix}{layers[module]}.{leaf}"] = value
        elif name != "proj":
            head = name if name in names else name.rsplit(".", 1)[0]
            new[names[head] + name.removeprefix(head)] = value
    state = target.state_dict()
    start = next(iter(state)).split("embeddings.")[0]
    target.load_state_dict({start + name: value for name, value in new.items()})


def train_llava(folder: Path, clip: Path, train: Scenes, val: Scenes, recipe: Recipe) -> None:
    """Trains for about `recipe.seconds` and saves a folder that `LlavaForConditionalGeneration` loads."""
    torch.manual_seed(recipe.seed)
    table, val_table = (np.stack([truths(d) for d in s.descriptions]) for s in (train, val))
    if recipe.start is not None:
        tokenizer = LlavaProcessor.from_pretrained(recipe.start).tokenizer
    else:
        sentences = corpus(train.descriptions, table, 60_000, recipe.seed)
        tokenizer = train_tokenizer(sentences, VOCABULARY, lower=False, close=False)
    tokenizer.padding_side = "left"
    model = build_llava().to(recipe.device)
    source = open_clip.create_model(f"local-dir:{clip}", precision="fp32")
    copy_vision_tower(source.visual, model.model.vision_tower)
    freeze_embedding(model)
    if recipe.start is not None:
        begun = LlavaForConditionalGeneration.from_pretrained(recipe.start, dtype=torch.float32)
        model.load_state_dict(begun.state_dict())
    features = embed_patches(model, train, recipe)
    if recipe.start is None:
        with torch.no_grad():
            spread = see(model, features[:200].to(recipe.device).float()).std()
            model.model.multi_modal_projector.linear_1.weight.div_(float(spread))
    writer = Writer(tokenizer, train.descriptions, table, recipe.seed)
    judge = Judge(model, _processor(tokenizer), val, val_table)

    def checkpoint() -> str:
        save_llava(folder, model, tokenizer)
        return judge.score()

    _fit(model, writer, features, recipe, checkpoint)


def save_llava(folder: Path, model: LlavaForConditionalGeneration, tokenizer: Any) -> None:
    """Writes weights (safetensors, half precision), processor, tokenizer and chat template."""
    half = build_llava()
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(folder)
    _processor(tokenizer).save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)


def _processor(tokenizer: Any) -> LlavaProcessor:
    images = CLIPImageProcessor(
        size={"height": IMAGE_SIZE, "width": IMAGE_SIZE},
        do_center_crop=False,
        image_mean=list(MEAN),
        image_std=list(STD),
        resample=3,
    )
    return LlavaProcessor(
        images,
        tokenizer,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=CHAT_TEMPLATE,
        num_additional_image_tokens=1,
    )


def freeze_embedding(model: LlavaForConditionalGeneration) -> None:
    """Leaves the layers of the vision tower to learn, but not what embeds the patches."""
    tower = model.model.vision_tower
    tower.requires_grad_(False)
    tower.encoder.layers.requires_grad_(True)


@torch.inference_mode()
def embed_patches(model: LlavaForConditionalGeneration, scenes: Scenes, recipe: Recipe) -> Tensor:
    """Every scene's patches before the first layer: float16 [N, 101, WIDTH], on the CPU."""
    tower, out = model.model.vision_tower, torch.empty(len(scenes), 101, WIDTH, dtype=torch.float16)
    for at in range(0, len(scenes), 128):
        images = torch.from_numpy(scenes.images[at : at + 128].copy()).to(recipe.device)
        out[at : at + 128] = tower.pre_layrnorm(tower.embeddings(normalise(images))).half().cpu()
    return out


def see(model: LlavaForConditionalGeneration, embedded: Tensor) -> Tensor:
    """The patches as the projector takes them, float [B, 100, WIDTH], from their embeddings."""
    hidden = embedded
    for layer in model.model.vision_tower.encoder.layers:
        hidden = layer(hidden, None)
    return hidden[:, 1:]


def _fit(
    model: LlavaForConditionalGeneration,
    writer: Writer,
    features: Tensor,
    recipe: Recipe,
    checkpoint: Callable[[], str],
) -> None:
    rng = random.Random(recipe.seed)
    learned = [p for p in model.parameters() if p.requires_grad]
    vision = [p for p in model.model.vision_tower.parameters() if p.requires_grad]
    others = [p for p in learned if not any(p is v for v in vision)]
    groups = [
        {"params": [p for p in others if p.ndim >= 2], "weight_decay": 0.05, "scale": 1.0},
        {"params": [p for p in others if p.ndim < 2], "weight_decay": 0.0, "scale": 1.0},
        {"params": vision, "weight_decay": 0.0, "scale": _VISION_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.95), fused=True)
    start, spent, last, step = time.monotonic(), 0.0, 0.0, 0
    losses: dict[str, list[float]] = defaultdict(list)
    while spent < recipe.seconds:
        task = rng.choices(tuple(TASKS), tuple(TASKS.values()))[0]
        batch = _batch(task, writer, rng, len(features), recipe.batch)
        rate = recipe.rate * min(
            (step + 1) / recipe.warmup, 0.5 * (1 + math.cos(math.pi * spent / recipe.seconds)) + 0.01
        )
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        loss = sequence_loss(model, batch, features, recipe.device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        losses[task].append(loss.item())
        step, spent = step + 1, time.monotonic() - start
        if step % 50 == 0:
            means = "  ".join(f"{name} {np.mean(values[-20:]):.3f}" for name, values in sorted(losses.items()))
            print(f"step {step:6d}  {spent:6.0f} s  {means}", flush=True)
        if spent - last > 300:
            last = spent
            print(checkpoint(), flush=True)
    print(checkpoint(), flush=True)


def _batch(task: str, writer: Writer, rng: random.Random, scenes: int, size: int) -> list[Sequence]:
    match task:
        case "apart" | "conversation":
            return [writer.about_picture(rng.randrange(scenes), task == "apart") for _ in range(size)]
        case "anchors":
            return [writer.anchors() for _ in range(4 * size)]
        case _:
            return [writer.topic() for _ in range(4 * size)]


def sequence_loss(model: LlavaForConditionalGeneration, batch: list[Sequence], features: Tensor, device: str) -> Tensor:
    """Weighted mean cross-entropy of the tokens to learn, over a batch of sequences."""
    longest = max(len(s.ids) for s in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    weight = torch.zeros(len(batch), longest)
    block = torch.full((len(batch), longest), -1)
    for row, s in enumerate(batch):
        ids[row, : len(s.ids)] = torch.tensor(s.ids)
        weight[row, : len(s.ids)] = torch.tensor(s.weight)
        block[row, : len(s.ids)] = torch.tensor(s.block)
    positions = _positions(block)
    seen = (block[:, None, :] == block[:, :, None]) | (block[:, None, :] == 0)
    causal = torch.ones(longest, longest, dtype=torch.bool).tril()
    mask = torch.where(seen & causal, 0.0, -1e9)[:, None].to(device)
    ids, weight = ids.to(device), weight.to(device)
    learn = weight[:, 1:] > 0
    with torch.autocast("cuda" if device.startswith("cuda") else "cpu", dtype=torch.bfloat16):
        embeds = model.get_input_embeddings()(ids)
        pictured = [s.scene for s in batch if s.scene >= 0]
        if pictured:
            patches = see(model, features[pictured].to(device).float())
            images = model.model.multi_modal_projector(patches)
            embeds = embeds.masked_scatter((ids == IMAGE_ID)[..., None], images.to(embeds.dtype))
        hidden = model.model.language_model(
            inputs_embeds=embeds,
            attention_mask=mask.to(embeds.dtype),
            position_ids=positions.to(device),
            use_cache=False,
        ).last_hidden_state
        logits = model.lm_head(hidden[:, :-1][learn])
    each = F.cross_entropy(logits.float(), ids[:, 1:][learn], reduction="none")
    return (each * weight[:, 1:][learn]).sum() / weight.sum()


def _positions(block: Tensor) -> Tensor:
    """Positions of tokens, int64 [B, L]: each block numbered on from the end of block 0."""
    out = torch.zeros_like(block)
    for row in range(len(block)):
        shared = int((block[row] == 0).sum())
        counts: Counter[int] = Counter()
        for at, number in enumerate(block[row].tolist()):
            out[row, at] = counts[number] + (shared if number > 0 else 0)
            counts[number] += 1
    return out
