"""A second look: the best images of a search are shown to the vision-language model, which says whether each fits.

CLIP sees a picture as a whole; what is small, on one side, or of one colour, a model that looks at it may tell. Its yes
and the search's confidence are weighed against each other, in logits, and the images are brought into order by both.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.retrieval.calibration import verdict
from bddseg_tui.index import prompts
from bddseg_tui.index.llava import Llava
from bddseg_tui.index.search import Hit
from bddseg_tui.index.search_language import Phrase

_LOOK = (672, 672)
"""Size at which a picture is at least decoded."""
_TINY, _LARGE = (0.65, 0.35, 0.3), (0.5, 0.8, 0.0)
"""Weights of the search's and the model's logits, and a bias. Of the tiny model, which sees less well than its CLIP,
they were fitted on drawn scenes. Of others they are a choice: no weights of theirs were there to be measured."""
_BOUND = 0.01
Tell = Callable[[int, int], None]


def second_look(
    hits: Sequence[Hit],
    phrases: Sequence[Phrase],
    llava: Llava,
    root: Path,
    count: int,
    tell: Tell,
    cancelled: Callable[[], bool],
) -> list[Hit]:
    """The hits, the first `count` of them brought into order by what the model sees in them; best first.

    Their `confidence` and `verdict` are those of both together, `seen` is how surely (0..1) the model says yes.

    Args:
        phrases: what was searched for; of those to be avoided a no is wanted.
        tell: called with (images looked at, images in all) before each.

    Raises:
        BddsegError: the model cannot be asked, or an image cannot be read.
    """
    weights = _TINY if llava.vocabulary else _LARGE
    asked = [(question, p.weight > 0) for p in phrases if (question := _question(p.text, llava))]
    looked: list[Hit] = []
    for number, hit in enumerate(hits[:count] if asked else ()):
        if cancelled():
            return list(hits)
        tell(number, min(count, len(hits)))
        picture = read_image(root / os.fsdecode(hit.image), at_least=_LOOK)
        chances = [llava.chance_of_yes(question, picture, cancelled) for question, _ in asked]
        oriented = [c if wanted else 1 - c for c, (_, wanted) in zip(chances, asked, strict=True)]
        looked.append(_weighed(hit, oriented, weights))
    if not looked:
        return list(hits)
    looked.sort(key=lambda hit: -hit.confidence)
    return [*looked, *hits[len(looked) :]]


def _question(phrase: str, llava: Llava) -> list[prompts.Message] | None:
    """What the model is asked about a phrase; None where it was never taught the words."""
    if llava.vocabulary is None:
        return prompts.look_messages(phrase)
    noun = llava.vocabulary.as_noun(phrase)
    return prompts.answer_messages(f"does the picture show {noun}?") if noun else None


def _weighed(hit: Hit, chances: Sequence[float], weights: tuple[float, float, float]) -> Hit:
    # Errors about several phrases go partly together, as of the search.
    yes = sum(_logit(c) for c in chances) / np.sqrt(len(chances))
    logit = weights[0] * _logit(hit.confidence) + weights[1] * yes + weights[2]
    together = float(1 / (1 + np.exp(-logit)))
    seen = float(np.prod(chances) ** (1 / len(chances)))
    return replace(hit, confidence=together, verdict=verdict(together, calibrated=True), seen=seen)


def _logit(chance: float) -> float:
    bounded = min(max(chance, _BOUND), 1 - _BOUND)
    return float(np.log(bounded / (1 - bounded)))
