"""The filter bar: a line with completion, and below it what is wrong with it."""

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Label

from bddseg_tui.core.data.filter_completion import Vocabulary, completions, is_unfinished
from bddseg_tui.core.data.filter_language import (
    Query,
    QueryError,
    parse_query,
    split_meaning,
    split_of,
    with_split,
)
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.tui.dataset.commands import FILTER
from bddseg_tui.tui.shared.commands import bindings


class _Completer(Suggester):
    """Completes the last word from the filter language and the dataset's own words."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.known = Vocabulary()

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion of what is typed."""
        return next(iter(completions(value, self.known)), None)


class FilterBar(Vertical):
    """Posts `Changed` with each filter that parses, but while its last word is only begun."""

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

    class Used(Message):
        """The person is done with a filter that is not the one before: it is worth remembering."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The person is done with the filter."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._completer = _Completer()
        self._posted = ""
        self._history: list[str] = []
        self._back = 0
        self._draft = ""

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
        self._replace("sort:", f"sort:{value}" if value != "name" else "")

    def name_no_evaluation(self) -> None:
        """Leaves out which evaluation is meant: another one is chosen."""
        self._replace("evaluation:", "")

    def _replace(self, key: str, word: str) -> None:
        words = [w for w in self.text.split() if not w.startswith(key)]
        if (text := " ".join([*words, word] if word else words)) != " ".join(self.text.split()):
            self.set_text(text)

    def next_split(self, splits: Iterable[str]) -> None:
        """Goes through all samples, then those of each split."""
        order, now = [None, *splits], split_of(self.text)
        self.set_text(with_split(self.text, order[(order.index(now) + 1) % len(order)] if now in order else None))

    def clear(self) -> None:
        """Empties the filter without a word."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""
        self._posted = ""

    def set_known(self, known: Vocabulary) -> None:
        """The words to complete with."""
        self._completer.known = known

    def set_history(self, filters: Iterable[str]) -> None:
        """The filters that were used before, the newest last."""
        self._history = list(filters)

    def enter(self) -> None:
        """Starts typing."""
        # Not `focus()`, which waits its turn: the next key must already find the field.
        self.screen.set_focus(self.query_one(Input))

    def action_complete(self) -> None:
        """Takes over the completion."""
        self.query_one(Input).action_cursor_right()

    def action_older(self) -> None:
        """Shows the filter that was used before."""
        self._go_back(1)

    def action_newer(self) -> None:
        """Shows the filter that was used after; behind the newest, goes back to the list."""
        if self._back:
            self._go_back(-1)
        else:
            self.action_leave()

    def _go_back(self, by: int) -> None:
        if not self._back:
            self._draft = self.text
        self._back = min(len(self._history), max(0, self._back + by))
        field = self.query_one(Input)
        field.value = self._history[-self._back] if self._back else self._draft
        field.cursor_position = len(field.value)

    def action_leave(self) -> None:
        """Says that the person is done."""
        self._finish()
        self.post_message(self.Left())

    def _finish(self) -> None:
        """Filters by the last word too, and remembers the filter."""
        text, self._back = self.text.strip(), 0
        self._take(self.text)
        if text and self._posted.strip() == text and text != (self._history[-1] if self._history else ""):
            self._history = [*(t for t in self._history if t != text), text]
            self.post_message(self.Used(text))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._finish()
        terms, words = split_meaning(event.value)
        if words:
            self.post_message(self.Meant(terms, words))
        self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        # To filter by a word that is only begun would empty the list at each letter.
        if self.query_one(Input).has_focus and is_unfinished(event.value, self._completer.known):
            self.query_one("#filter--error").display = False
        else:
            self._take(event.value)

    def _take(self, text: str) -> None:
        error = self.query_one("#filter--error", Label)
        try:
            query = parse_query(text)
            if query.evaluation is not None and query.evaluation not in self._completer.known.evaluations:
                raise _unknown_evaluation(text, query.evaluation, self._completer.known)
        except QueryError as problem:
            # The mark stands below the word that is wrong.
            error.update(" " * min(problem.start, 30) + f"^ {problem}")
            error.display = True
            return
        error.display = False
        if text != self._posted:
            self._posted = text
            self.post_message(self.Changed(query, text))


def _unknown_evaluation(text: str, name: str, known: Vocabulary) -> QueryError:
    start = text.index("evaluation:")
    near = suggestion(name, known.evaluations)
    return QueryError(f"no evaluation is called {sanitize(name)!r}{near}", start, start + len(name) + 11)
