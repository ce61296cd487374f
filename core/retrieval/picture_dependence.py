"""Whether answers depend on the picture: questions asked with it, without it, with a black, another or a spoilt one.

An answer that stays word for word the same without the picture was not read off it, however right it may be: what
multimodal benchmarks measure as answers of a blind model (MMStar, Chen et al. 2024, arXiv 2403.20330). That it changes
does not say that it is right.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bddseg_tui.core.data.corruptions import Corruption, corrupt
from bddseg_tui.core.data.image_file import read_image

QUESTIONS = (
    "What is the weather like?",
    "Is it day or night?",
    "Are there any people?",
    "What colour is the car?",
    "How many cars are there?",
    "Is there a bus?",
)
Ask = Callable[[str, Path, bool], str]
"""Question, picture, and whether the picture is shown: the answer."""


@dataclass(frozen=True)
class Dependence:
    """Of `asked` answers, how many were the `same` as with the picture itself, when shown something else instead."""

    shown: str
    asked: int
    same: int

    @property
    def share(self) -> float:
        """0..1: answers that do not depend on the picture."""
        return self.same / self.asked if self.asked else 0.0


def picture_dependence(
    ask: Ask,
    images: Sequence[Path],
    questions: Sequence[str] = QUESTIONS,
    kinds: Sequence[Corruption] = (),
    severity: int = 3,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[Dependence]:
    """Asks every question about every image, and again with each of what is shown instead.

    Args:
        ask: answers, always in the same way.
        images: at least one; where there are two, the next one is `another`.
        questions: what is asked.
        kinds: how pictures are spoilt besides.
        severity: 1..5, how strongly.
        report: told how many answers there are, of how many.
    """
    same: dict[str, int] = {}
    asked: dict[str, int] = {}
    per_image = len(questions) * (3 + (len(images) > 1) + len(kinds))
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(images):
            another = images[(number + 1) % len(images)] if len(images) > 1 else None
            variants = list(_shown(image, another, Path(folder), kinds, severity))
            for question in questions:
                truth = _plain(ask(question, image, True))
                for name, path in variants:
                    answer = _plain(ask(question, path or image, path is not None))
                    asked[name] = asked.get(name, 0) + 1
                    same[name] = same.get(name, 0) + (answer == truth)
                done += len(variants) + 1
                report(done, per_image * len(images))
    return [Dependence(name, asked[name], same[name]) for name in asked]


def _shown(
    image: Path, another: Path | None, folder: Path, kinds: Sequence[Corruption], severity: int
) -> Iterator[tuple[str, Path | None]]:
    """What is shown instead of an image, by name; None for nothing."""
    picture = read_image(image)
    yield "no picture", None
    made: list[tuple[str, Image.Image]] = [("a black picture", Image.new("RGB", picture.size))]
    made += [(f"{kind} {severity}", corrupt(picture, kind, severity, image.name)) for kind in kinds]
    for name, instead in made:
        path = folder / f"{name.replace(' ', '-')}.png"
        instead.save(path)
        yield name, path
        if name == "a black picture" and another is not None:
            yield "another picture", another


def _plain(answer: str) -> str:
    """An answer without what makes no difference."""
    return re.sub(r"\W+", " ", answer).strip().casefold()
