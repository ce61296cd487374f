"""The encoders that a U-Net can have, with what each costs; counted by `train/encoders.py`."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bddseg_tui.core.runs.architectures import counted
from bddseg_tui.core.runs.timm_weights import tagged_weights, untagged

COUNTED_AT = 224
"""Height and width in pixels that multiplications are counted at."""
STRIDE = 32
"""Encoders halve five times, so the height and width of what goes in must be multiples of this."""


@dataclass(frozen=True)
class Encoder:
    """An encoder by the name that `TrainConfig.encoder` takes.

    `parameters` and `multiplications` (with their additions, of one forward pass of one 224 x 224 image) are of the
    whole network, a U-Net where no other is named. `activations` are the bytes that such an image adds to what a
    training step in float32 takes at most. `weights` are the names of its pre-trained weights.
    """

    name: str
    parameters: int
    multiplications: int
    activations: int
    weights: tuple[str, ...]

    def giga_multiplications(self, height: int, width: int) -> float:
        """10^9 multiplications that an image of this size takes, in pixels.

        In proportion to its pixels, which holds but for attention over the whole image.
        """
        return self.multiplications / 1e9 * height * width / COUNTED_AT**2


@cache
def encoders(architecture: str = "unet") -> tuple[Encoder, ...]:
    """All that were counted in this architecture: SMP's own first, then timm's (`tu-`)."""
    if architecture != "unet":
        weights = {e.name: e.weights for e in encoders()}
        # Vision transformers, of which no U-Net can be made, have timm's.
        costs = counted(architecture).items()
        return tuple(Encoder(name, *cost, weights=weights.get(name, ("imagenet",))) for name, cost in costs)
    table = files("bddseg_tui.core.runs").joinpath("encoders.csv").read_text("utf-8")
    return tuple(
        Encoder(
            name=row["name"],
            parameters=int(row["parameters"]),
            multiplications=int(row["multiplications"]),
            activations=int(row["activations"]),
            weights=tuple(row["weights"].split()),
        )
        for row in csv.DictReader(table.splitlines())
    )


def find_encoder(name: str, architecture: str = "unet") -> Encoder | None:
    """The encoder with this name, with what a network of this kind costs; None where it was not counted.

    The tag of its weights, which the name of timm's may have, is not looked at.
    """
    return next((e for e in encoders(architecture) if e.name == untagged(name)), None)


def matching(words: str, architecture: str = "unet") -> list[Encoder]:
    """Encoders that were counted in this architecture, in the table's order, whose names hold each of the words.

    So are those of whose weights' names, with their tags, one does.
    """
    wanted = words.lower().split()

    def has_all(name: str) -> bool:
        return all(w in name.lower() for w in wanted)

    return [
        e for e in encoders(architecture) if has_all(e.name) or any(has_all(w.encoder) for w in tagged_weights(e.name))
    ]
