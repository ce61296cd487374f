"""The pre-trained weights that timm has for an encoder, by their tags; listed by `train/encoders.py`.

The accuracies are timm's own (results/results-imagenet.csv of huggingface/pytorch-image-models, of 2026-08-08).
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True)
class TaggedWeights:
    """Weights that an encoder can have, such as `tu-resnet34.ra4_e3600_r224_in1k`.

    Attributes:
        encoder: with the tag, as `TrainConfig.encoder` takes it.
        top1: percent of ImageNet's validation images that they classify rightly, at their best size; None where timm
            tells none, as of those that were trained on something else.
        size: height and width in pixels for that; None likewise.
    """

    encoder: str
    top1: float | None
    size: int | None

    @property
    def tag(self) -> str:
        """Behind the encoder's name."""
        return self.encoder.partition(".")[2]


def untagged(encoder: str) -> str:
    """An encoder's name without the tag of its weights, which those of timm may have."""
    return encoder.partition(".")[0] if encoder.startswith("tu-") else encoder


def tagged_weights(encoder: str) -> tuple[TaggedWeights, ...]:
    """All weights of an encoder, whether its name has a tag or not; timm's choice where none is named is the first."""
    return weights_by_encoder().get(untagged(encoder), ())


@cache
def weights_by_encoder() -> Mapping[str, tuple[TaggedWeights, ...]]:
    """All weights by the encoder's name without a tag. The table is read at the first call."""
    table = files("bddseg_tui.core.runs").joinpath("timm_weights.csv").read_text("utf-8")
    found: dict[str, list[TaggedWeights]] = defaultdict(list)
    for row in csv.DictReader(table.splitlines()):
        top1, size = float(row["top1"]) if row["top1"] else None, int(row["size"]) if row["size"] else None
        found[untagged(row["encoder"])].append(TaggedWeights(row["encoder"], top1, size))
    return MappingProxyType({name: tuple(weights) for name, weights in found.items()})
