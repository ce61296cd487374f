"""What the last word of a filter may become, and whether it is one yet."""

from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import SPLITS
from bddseg_tui.core.data.filter_language import (
    FIGURES,
    KEYS,
    STATES,
    QueryError,
    evaluation_word,
    parse_query,
)


@dataclass(frozen=True)
class Vocabulary:
    """Words that one dataset has: the tags of its samples, its evaluations, the newest last, and what was
    measured of its images."""

    tags: tuple[str, ...] = ()
    evaluations: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


def completions(text: str, known: Vocabulary) -> list[str]:
    """Whole filters that the last word of `text` may be completed to, likeliest first."""
    head, _, word = text.rpartition(" ")
    sign = "-" if word.startswith("-") else ""
    word = word.removeprefix("-")
    key, colon, _ = word.partition(":")
    found = [f"{key}:{v}" for v in _values(known).get(key, ())] if colon else list(KEYS)
    return [f"{head} {sign}{f}".lstrip() for f in found if word and f.startswith(word) and f != word]


def is_unfinished(text: str, known: Vocabulary) -> bool:
    """Whether the last word is the beginning of one: to filter by it would show nothing, and then something else.

    >>> is_unfinished("split:val cla", Vocabulary())
    True
    >>> is_unfinished("split:val class:bus", Vocabulary())
    False
    """
    word = text.rpartition(" ")[2].removeprefix("-")
    if not word:
        return text.endswith("-")
    key, colon, value = word.partition(":")
    complete = {"tag": known.tags, "evaluation": [*map(evaluation_word, known.evaluations)]}
    if value in complete.get(key, ()):
        return False
    if not colon or key in ("tag", "evaluation"):
        return bool(completions(word, known)) or word in KEYS
    try:
        parse_query(word)
    except QueryError:
        return bool(completions(word, known))
    return False


def _values(known: Vocabulary) -> dict[str, list[str]]:
    slugs = [c.slug for c in CLASSES]
    shares = [f"{s}>" for s in slugs]
    orders = [way + figure for figure in (*FIGURES, *known.measures) for way in ("", "-")]
    return {
        "split": list(SPLITS),
        "class": shares,
        "pred": shares,
        "has": slugs,
        "tag": list(known.tags),
        "is": list(STATES),
        "missed": slugs,
        "invented": slugs,
        "evaluation": [evaluation_word(name) for name in reversed(known.evaluations)],
        "sort": ["name", *orders, *(f"-{s}" for s in slugs), *(f"-pred:{s}" for s in slugs)],
    }
