"""The filter of runs: `state:failed dataset:camvid miou>40% strong sort:-miou`, in the manner of that of images.

A term is one word; all terms must hold; a `-` before a term turns it round.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from bddseg_tui.core.data.filter_language import QueryError
from bddseg_tui.core.jobs.job import JobState
from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

STATES: tuple[str, ...] = get_args(JobState)
TEXTS: dict[str, Callable[[RunSummary], str]] = {
    "name": lambda run: run.name,
    "dataset": lambda run: run.dataset_name,
    "preset": lambda run: run.preset,
    "encoder": lambda run: run.encoder,
    "state": lambda run: run.status.state,
}
"""What a run can be filtered for as `KEY:TEXT`; a word alone is looked for in all of them."""
NUMBERS: dict[str, Callable[[RunSummary], float | None]] = {
    "miou": lambda run: None if run.miou19 is None else 100 * run.miou19,
    "hours": lambda run: None if run.seconds is None else run.seconds / 3600,
}
"""What can be compared: mIoU in percent, and hours of training."""
ORDERS: dict[str, Callable[[RunSummary], float | str | None]] = {
    "started": lambda run: run.begun,
    "name": TEXTS["name"],
    "miou": NUMBERS["miou"],
    "time": NUMBERS["hours"],
    "dataset": TEXTS["dataset"],
    "state": TEXTS["state"],
}
KEYS = (*(f"{key}:" for key in TEXTS), *(f"{key}>" for key in NUMBERS), "sort:")
_COMPARISON = re.compile(r"^(\w+)(<=|>=|<|>|=)([0-9]{1,9}(?:\.[0-9]{1,9})?)%?$")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}
Condition = Callable[[RunSummary], bool]


@dataclass(frozen=True)
class RunQuery:
    """Conditions that must all hold, and an order; newest first where none is named."""

    conditions: tuple[Condition, ...] = ()
    order: str = "started"
    descending: bool = True

    def select(self, runs: Iterable[RunSummary]) -> list[RunSummary]:
        """The runs that fit, in order; those without the figure that they are sorted by come last."""
        found = [run for run in runs if all(condition(run) for condition in self.conditions)]
        key = ORDERS[self.order]
        known = [(value, run.name, run) for run in found if (value := key(run)) is not None]
        known.sort(key=lambda item: item[:2], reverse=self.descending)
        return [run for _, _, run in known] + [run for run in found if key(run) is None]


def parse_runs(text: str) -> RunQuery:
    """Parses a filter of runs.

    Raises:
        QueryError: with a message for the person who typed it, and the place of the wrong term.
    """
    conditions: list[Condition] = []
    order, descending = "started", True
    for match in re.finditer(r"\S+", text):
        term = match.group()
        try:
            if term.startswith("sort:"):
                order, descending = _order(term[5:])
                continue
            negated = term.startswith("-") and len(term) > 1
            condition = _condition(term[1:] if negated else term)
        except ValueError as error:
            raise QueryError(str(error), match.start(), match.end()) from error
        conditions.append(_not(condition) if negated else condition)
    return RunQuery(tuple(conditions), order, descending)


def half_typed(text: str) -> bool:
    """Whether the last word may become a term with a key."""
    word = text.rpartition(" ")[2].removeprefix("-")
    return bool(word) and any(key.startswith(word) for key in KEYS)


def run_completions(text: str, runs: Sequence[RunSummary]) -> list[str]:
    """Whole filters that the last word of `text` may be completed to, likeliest first."""
    head, _, word = text.rpartition(" ")
    sign = "-" if word.startswith("-") else ""
    word = word.removeprefix("-")
    key, colon, _ = word.partition(":")
    if not colon:
        found = list(KEYS)
    elif key == "sort":
        found = [f"sort:{way}{order}" for order in ORDERS for way in ("", "-")]
    else:
        values = STATES if key == "state" else sorted({TEXTS[key](r) for r in runs}) if key in TEXTS else ()
        found = [f"{key}:{value}" for value in values if value]
    return [f"{head} {sign}{f}".lstrip() for f in found if word and f.startswith(word) and f != word]


def _order(text: str) -> tuple[str, bool]:
    name = text.removeprefix("-")
    if name not in ORDERS:
        raise ValueError(f"runs are sorted by {', '.join(ORDERS)}, not {sanitize(name)!r}{suggestion(name, ORDERS)}")
    return name, text.startswith("-")


def _condition(term: str) -> Condition:
    key, colon, value = term.partition(":")
    if colon:
        return _text_condition(key, value.lower())
    match = _COMPARISON.match(term)
    if match:
        figure, compare, limit = NUMBERS.get(match[1]), _COMPARE[match[2]], float(match[3])
        if figure is None:
            raise ValueError(f"compare what? {' or '.join(NUMBERS)}{suggestion(match[1], NUMBERS)}")
        return lambda run: (have := figure(run)) is not None and compare(have, limit)
    if re.search(r"[<>=]", term):
        raise ValueError("compare with a number, as in miou>40% or hours<2")
    word = term.lower()
    return lambda run: any(word in text(run).lower() for text in TEXTS.values())


def _text_condition(key: str, value: str) -> Condition:
    text = TEXTS.get(key)
    if text is None:
        raise ValueError(f"no filter is called {sanitize(key)!r}{suggestion(key, [*TEXTS, 'sort'])}")
    if not value:
        raise ValueError(f"{key}: what? for example {key}:{'failed' if key == 'state' else 'demo'}")
    if key == "state" and not any(state.startswith(value) for state in STATES):
        raise ValueError(f"state: takes {', '.join(STATES)}, not {sanitize(value)!r}{suggestion(value, STATES)}")
    return lambda run: value in text(run).lower()


def _not(condition: Condition) -> Condition:
    return lambda run: not condition(run)
