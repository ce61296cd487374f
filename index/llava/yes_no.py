"""How surely a model says yes: from what its word might have been, or, where nobody tells that, from the word alone."""

from collections.abc import Sequence

YES, NO = ("yes", "yeah", "true"), ("no", "nope", "false")
SPELLINGS = tuple(f"{space}{form}" for word in ("yes", "no") for form in (word, word.title()) for space in ("", " "))
"""Ways in which a reply may begin."""
_MOSTLY = 0.5
_WORD_ALONE = 0.9
"""How surely a word is meant of which no probability is known."""


def yes_among(chances: Sequence[tuple[str, float]]) -> float | None:
    """The share of yes (0..1) among tokens of which most are yes or no; None where they are something else."""
    yes, no = (sum(p for token, p in chances if token.strip().lower() in words) for words in (YES, NO))
    return yes / (yes + no) if yes + no >= _MOSTLY * sum(p for _, p in chances) and yes + no > 0 else None


def chance_by(word: bool | None, chances: Sequence[float]) -> float:
    """The chance of yes (0..1), by a reply's word and what was found among its alternatives; 0.5 for neither."""
    meant = [c for c in chances if word is None or (c >= _MOSTLY) == word]
    if meant:
        return meant[0]
    return 0.5 if word is None else _WORD_ALONE if word else 1 - _WORD_ALONE
