"""The filter language: `split:val class:bus>1% tag:night iou<30% pred:bus>1% sort:-iou`, parsed and as SQL.

A term is one word; all terms must hold; a `-` before a term turns it round. No query library is used: the
language is five words long, and what matters is the message when one of them is wrong.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES, find_class
from bddseg_tui.core.data.dataset import SPLITS
from bddseg_tui.core.data.measure_kinds import MEASURES
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

FIGURES = {
    "iou": "e.miou",
    "biou": "e.boundary",
    "accuracy": "e.accuracy",
    "confidence": "e.confidence",
    "brightness": "e.brightness",
}
"""What an evaluation says of an image, by its name in filters and sorting, as a column (0..1)."""
KEYS = (
    *("split:", "class:", "has:", "tag:", "name:", "is:", "missed:", "invented:", "pred:"),
    *(*FIGURES, *MEASURES),
    *("evaluation:", "sort:"),
)
STATES = ("labelled", "unlabelled", "problem", "scored")
EXCLUDE = "exclude"
"""The tag that leaves an image out of training, unless a run says otherwise."""
MOST_TERMS = 5_000
"""A filter of more terms is a mistake; SQLite takes 32,766 values."""
_COMPARISON = re.compile(r"^(.+?)([<>=]+)([0-9]{1,15}(?:\.[0-9]{1,15})?)(%?)$")
_OPERATORS = (">", "<", ">=", "<=", "=")
_STATE_SQL = {
    "labelled": "s.mask IS NOT NULL",
    "unlabelled": "s.mask IS NULL",
    "problem": "s.problem IS NOT NULL",
    "scored": "e.miou IS NOT NULL",
}

_OF_SPLIT = "s.split = ?"
_TAGGED = "s.id IN (SELECT sample FROM tags WHERE tag = (SELECT id FROM tag_names WHERE name = ?))"


class QueryError(UsageError):
    """A term that makes no sense; `start` and `end` say where it stands in the text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


@dataclass(frozen=True)
class Query:
    """Conditions (SQL with its values) that must all hold, and an order."""

    conditions: tuple[tuple[str, tuple[object, ...]], ...] = ()
    sort: str = "name"
    descending: bool = False
    evaluation: str | None = None
    """Whose scores and predictions are meant, where the filter names one."""

    def where(self) -> tuple[str, list[object]]:
        """The WHERE clause over `samples s` left-joined with `scores e`, and its values."""
        return _all([sql for sql, _ in self.conditions]), [v for _, vs in self.conditions for v in vs]

    @property
    def by_tag(self) -> bool:
        """Whether only samples of a tag can match: these are looked up, where else all are gone through."""
        return any(sql == _TAGGED for sql, _ in self.conditions)

    @property
    def by_prediction(self) -> bool:
        """Whether it asks for classes that an evaluation predicted."""
        return self.sort.startswith("pred:") or any("e.p" in sql for sql, _ in self.conditions)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it compares or sorts by."""
        return tuple(
            name for name in MEASURES if self.sort == name or any(_measured(name) in sql for sql, _ in self.conditions)
        )

    @property
    def is_of_one_split(self) -> bool:
        """Whether only samples of a certain split can match."""
        return any(sql == _OF_SPLIT for sql, _ in self.conditions)

    def order(self) -> tuple[str, list[object]]:
        """The ORDER BY clause; what has no value (no mask, no score) always comes last."""
        way = "DESC" if self.descending else "ASC"
        if self.sort == "name":
            return f"s.split = 'test', s.split {way}, s.name {way}, s.id {way}", []
        key = self.number()
        return f"{key} IS NULL, {key} {way}, s.name", []

    def number(self) -> str:
        """What it sorts by, unless that is the name, as SQL: in percent, or as a person reads it."""
        if self.sort.startswith("pred:"):
            return _predicted_share(find_class(self.sort[5:]).id)
        if self.sort in MEASURES:
            return f"({MEASURES[self.sort].scale} * {_measured(self.sort)})"
        figure = FIGURES.get(self.sort)
        return f"(100 * {figure})" if figure else _share(find_class(self.sort).id)


def parse_query(text: str) -> Query:
    """Parses a filter.

    Raises:
        QueryError: with a message for the person who typed it, and the place of the wrong term.
    """
    conditions = []
    sort, descending, evaluation = "name", False, None
    for number, match in enumerate(re.finditer(r"\S+", text), start=1):
        term = match.group()
        if number > MOST_TERMS:
            raise QueryError(f"a filter takes at most {MOST_TERMS:,} terms", match.start(), match.end())
        try:
            if term.startswith("sort:"):
                sort, descending = _sort(term[5:])
                continue
            if term.startswith("evaluation:") and term != "evaluation:":
                evaluation = term[11:].replace("_", " ")
                continue
            negated = term.startswith("-") and len(term) > 1
            sql, values = _condition(term[1:] if negated else term)
        except ValueError as error:
            raise QueryError(str(error), match.start(), match.end()) from error
        conditions.append((f"NOT coalesce(({sql}), 0)" if negated else sql, values))
    return Query(tuple(conditions), sort, descending, evaluation)


def split_meaning(text: str) -> tuple[str, str]:
    """(terms of the filter language, all other words): what is no term can be searched for by its meaning.

    >>> split_meaning("heavy rain split:val -tag:night")
    ('split:val -tag:night', 'heavy rain')
    """
    terms: list[str] = []
    words: list[str] = []
    for word in text.split():
        bare = word.removeprefix("-")
        is_term = any(bare.startswith(key) for key in KEYS if key.endswith(":")) or _COMPARISON.match(bare)
        (terms if is_term else words).append(word)
    return " ".join(terms), " ".join(words)


def split_of(text: str) -> str | None:
    """The split that a filter asks for, if it asks for one.

    >>> split_of("class:bus>1% split:val")
    'val'
    """
    return next((word[6:] for word in text.split() if word.startswith("split:")), None)


def with_split(text: str, split: str | None) -> str:
    """The same filter for another split, or for all.

    >>> with_split("class:bus>1% split:val", "test")
    'split:test class:bus>1%'
    """
    rest = [word for word in text.split() if not word.startswith("split:")]
    return " ".join(([f"split:{split}"] if split else []) + rest)


def evaluation_word(name: str) -> str:
    """An evaluation's name as a filter has it, which is one word: no such name has an underscore of its own.

    >>> evaluation_word("0001-demo/best-test predicted")
    '0001-demo/best-test_predicted'
    """
    return name.replace(" ", "_")


def _condition(term: str) -> tuple[str, tuple[object, ...]]:
    key, colon, value = term.partition(":")
    if not colon:
        if match := _comparison(term, (*FIGURES, *MEASURES)):
            if match[1] in MEASURES:
                return f"{MEASURES[match[1]].scale} * {_measured(match[1])} {match[2]} ?", (float(match[3]),)
            if match[1] not in FIGURES:
                raise ValueError(
                    f"compare what? write class:{sanitize(match[1])}{match[2]}{match[3]}% or iou{match[2]}30% "
                    f"(or {', '.join((*FIGURES, *MEASURES))}){suggestion(match[1], (*FIGURES, *MEASURES))}"
                )
            return f"100 * {FIGURES[match[1]]} {match[2]} ?", (float(match[3]),)
        return "instr(lower(s.name), lower(?)) > 0", (sanitize(term),)
    if not value:
        raise ValueError(f"{key}: what? for example {_example(key)}")
    match key:
        case "split":
            if value not in SPLITS:
                raise ValueError(f"no split is called {sanitize(value)!r}{suggestion(value, SPLITS)}")
            return _OF_SPLIT, (value,)
        case "class":
            return _class_condition(value, key, _share, "s.c")
        case "pred":
            return _class_condition(value, key, _predicted_share, "e.p")
        case "has":
            return f"s.c{find_class(value).id} > 0", ()
        case "tag":
            return _TAGGED, (sanitize(value.lower()),)
        case "missed" | "invented":
            return f"(e.{key} >> {find_class(value).id}) & 1", ()
        case "name":
            return "instr(lower(s.name), lower(?)) > 0", (sanitize(value),)
        case "is":
            if value not in _STATE_SQL:
                raise ValueError(f"is: takes {', '.join(STATES)}, not {sanitize(value)!r}{suggestion(value, STATES)}")
            return _STATE_SQL[value], ()
    known = [k.removesuffix(":") for k in KEYS]
    raise ValueError(f"no filter is called {sanitize(key)!r}{suggestion(key, known)}")


def _comparison(text: str, names: Iterable[str]) -> re.Match[str] | None:
    """(name, operator, number, %) of a comparison; None where it is none.

    Raises:
        ValueError: one of these names is compared by no operator, or with no number.
    """
    match = _COMPARISON.match(text)
    name, operator, rest = re.match(r"([^<>=]*)([<>=]*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if match is None and (not operator or name not in names):
        return None
    if operator not in _OPERATORS:
        raise ValueError(f"{sanitize(operator)!r} is no comparison: write one of {' '.join(_OPERATORS)}")
    if match is None:
        raise ValueError(f"{sanitize(rest)[:80]!r} is no number: write for example {name}{operator}30%")
    return match


def _class_condition(value: str, key: str, share: Callable[[int], str], pixels: str) -> tuple[str, tuple[object, ...]]:
    if value.endswith((">", "<", "=", "%")) and not _COMPARISON.match(value):
        raise ValueError(f"a share is missing: {key}:{sanitize(value.rstrip('><=%'))}>1%")
    match = _comparison(value, [c.slug for c in CLASSES])
    if match is None:
        return f"{pixels}{find_class(value).id} > 0", ()
    return f"{share(find_class(match[1]).id)} {match[2]} ?", (float(match[3]),)


def _sort(value: str) -> tuple[str, bool]:
    descending = value.startswith("-")
    key = value.removeprefix("-")
    if key == "name" or key in FIGURES or key in MEASURES:
        return key, descending
    if key.startswith("pred:"):
        return f"pred:{find_class(key[5:]).slug}", descending
    return find_class(key).slug, descending


def _all(conditions: list[str]) -> str:
    """All of them as one condition, halved again and again: SQLite takes no tree deeper than 1,000."""
    if len(conditions) < 3:
        return " AND ".join(f"({sql})" for sql in conditions) or "1"
    half = len(conditions) // 2
    return f"({_all(conditions[:half])}) AND ({_all(conditions[half:])})"


def _share(class_id: int) -> str:
    return f"(100.0 * s.c{class_id} / nullif(s.pixels, 0))"


def _predicted_share(class_id: int) -> str:
    return f"(100.0 * e.p{class_id} / nullif(e.predicted, 0))"


def _measured(name: str) -> str:
    """A measure of the sample `s`, 0..1, NULL where it is not known; `name` is one of ours and no text of anybody."""
    number = f"(SELECT id FROM measures WHERE name = '{name}')"
    return f"(SELECT m.value FROM measured m WHERE m.sample = s.id AND m.measure = {number})"


def _example(key: str) -> str:
    examples = {
        "split": "split:val",
        "class": "class:bus>1%",
        "has": "has:rider",
        "tag": "tag:night",
        "name": "name:7d06",
        "is": "is:problem",
        "missed": "missed:rider",
        "invented": "invented:train",
        "pred": "pred:bus>1%",
        "evaluation": "evaluation:0001-demo/best-val",
        "sort": "sort:-bus",
    }
    return examples.get(key, "split:val")
