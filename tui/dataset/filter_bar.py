"""The filter bar: a line with completion, and below it what is wrong with it."""

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Label

from bddseg_tui.core.data.filter_language import (
    Query,
    QueryError,
    completions,
    parse_query,
    split_meaning,
    split_of,
    with_split,
)
from bddseg_tui.tui.dataset.commands import FILTER
from bddseg_tui.tui.shared.commands import bindings


class _Completer(Suggester):
    """Completes the last word from the filter language and the dataset's tags."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.tags: list[str] = []

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion of what is typed."""
        return next(iter(completions(value, self.tags)), None)


class FilterBar(Vertical):
    """Posts `Changed` with each filter that parses."""

    ACTIONS = FILTER
    BINDINGS = bindings(FILTER)

    class Changed(Message):
        """The filter is another, and sound."""

        def __init__(self, query: Query, text: str) -> None:
            super().__init__()
            self.query, self.text = query, text

    class Meant(Message):
        """Enter was pressed on a filter with words that are no terms: search for them by their meaning."""

        def __init__(self, terms: str, words: str) -> None:
            super().__init__()
            self.terms, self.words = terms, words

    class Left(Message):
        """The person is done with the filter."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._completer = _Completer()

    def compose(self) -> ComposeResult:
        """The field, and the line for what is wrong."""
        placeholder = "/ filter: split:val class:bus>1% has:rider tag:night sort:-bus, or words and Enter: by meaning"
        yield Input(placeholder=placeholder, suggester=self._completer, compact=True)
        yield Label("", id="filter--error", markup=False)

    def on_mount(self) -> None:
        """Shows no error yet."""
        self.query_one("#filter--error").display = False
        # A blinking cursor would send bytes for ever.
        self.query_one(Input).cursor_blink = False

    @property
    def text(self) -> str:
        """The filter as it stands there, sound or not."""
        return self.query_one(Input).value

    def set_text(self, text: str) -> None:
        """Sets the filter; `Changed` follows."""
        self.query_one(Input).value = text

    def sort_by(self, value: str) -> None:
        """Sets another order; by name is the order of a filter that says none."""
        words = [w for w in self.text.split() if not w.startswith("sort:")]
        self.set_text(" ".join(words + ([f"sort:{value}"] if value != "name" else [])))

    def next_split(self, splits: Iterable[str]) -> None:
        """Goes through all samples, then those of each split."""
        order, now = [None, *splits], split_of(self.text)
        self.set_text(with_split(self.text, order[(order.index(now) + 1) % len(order)] if now in order else None))

    def clear(self) -> None:
        """Empties the filter without a word."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""

    def set_tags(self, tags: list[str]) -> None:
        """Tags to complete."""
        self._completer.tags = tags

    def enter(self) -> None:
        """Starts typing."""
        # Not `focus()`, which waits its turn: the next key must already find the field.
        self.screen.set_focus(self.query_one(Input))

    def action_complete(self) -> None:
        """Takes over the completion."""
        self.query_one(Input).action_cursor_right()

    def action_leave(self) -> None:
        """Says that the person is done."""
        self.post_message(self.Left())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        terms, words = split_meaning(event.value)
        if words:
            self.post_message(self.Meant(terms, words))
        self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        error = self.query_one("#filter--error", Label)
        try:
            query = parse_query(event.value)
        except QueryError as problem:
            # The mark stands below the word that is wrong.
            error.update(" " * min(problem.start, 30) + f"^ {problem}")
            error.display = True
            return
        error.display = False
        self.post_message(self.Changed(query, event.value))
