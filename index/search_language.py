"""The search language: `heavy rain; 2: red bus; -night` are phrases with weights, the last one to be avoided."""

import re
from dataclasses import dataclass

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize

MAX_PHRASES = 12
_WEIGHT = re.compile(r"^(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)\s*:\s*", re.IGNORECASE)
_HEAVIEST = 100.0


@dataclass(frozen=True)
class Phrase:
    """Words to look for; a negative weight pushes away what fits them."""

    text: str
    weight: float = 1.0


def parse_phrases(text: str, beside_picture: bool = False) -> list[Phrase]:
    """Splits a search at its semicolons and reads weights (`2: red bus`) and minus signs (`-night`).

    Beside a picture they may all be such as are to be avoided.

    Raises:
        UsageError: there is nothing to look for, or too much.
    """
    phrases = []
    for part in text.split(";"):
        words = " ".join(part.split())
        sign = 1.0
        if words.startswith("-"):
            sign, words = -1.0, words[1:].lstrip()
        weight = 1.0
        if match := _WEIGHT.match(words):
            weight, words = _weight(match[1]), words[match.end() :]
            if words.startswith("-"):
                sign, words = -sign, words[1:].lstrip()
        if words and weight:
            phrases.append(Phrase(words, sign * weight))
    if not any(p.weight > 0 for p in phrases) and not (phrases and beside_picture):
        raise UsageError(f'search for what? {sanitize(text)!r} names nothing to find: try "red bus; -night"')
    if len(phrases) > MAX_PHRASES:
        raise UsageError(f"a search takes at most {MAX_PHRASES} phrases")
    return phrases


def _weight(text: str) -> float:
    value = float(text)
    if value > _HEAVIEST:
        raise UsageError(f"a phrase weighs {_HEAVIEST:g} at most, not {sanitize(text)}")
    return value


def anchor_phrase(anchor: str) -> Phrase:
    """An anchor as a phrase: `-rain` is to be avoided."""
    return Phrase(anchor[1:].lstrip(), -1.0) if anchor.startswith("-") and anchor[1:].strip() else Phrase(anchor)
