"""The encoders that a U-Net can have, with what each costs; counted by `train/encoders.py`."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bddseg_tui.core.runs.architectures import cost_of

COUNTED_AT = 224
"""Height and width in pixels that multiplications are counted at."""
STRIDE = 32
"""Encoders halve five times, so the height and width of what goes in must be multiples of this."""


@dataclass(frozen=True)
class Encoder:
    """An encoder by the name that `TrainConfig.encoder` takes.

    `parameters` and `multiplications` (with their additions, of one forward pass of one 224 x 224 image) are of the
    whole U-Net. `activations` are the bytes that such an image adds to what a training step in float32 takes at most.
    `weights` are the names of its pre-trained weights.
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
def encoders() -> tuple[Encoder, ...]:
    """All that were counted: SMP's own first, then timm's (`tu-`)."""
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
    """The encoder with this name, with what a network of this kind costs; None where it was not counted."""
    found = next((e for e in encoders() if e.name == name), None)
    if architecture == "unet":
        return found
    cost = cost_of(architecture, name)
    return Encoder(name, *cost, weights=found.weights if found else ()) if cost else None


def matching(words: str) -> list[Encoder]:
    """Encoders whose names hold each of the words, in the table's order."""
    wanted = words.lower().split()
    return [e for e in encoders() if all(w in e.name.lower() for w in wanted)]
