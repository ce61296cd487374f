"""The runs on the left of the Train pane: filtered, sorted, and those of other datasets marked or hidden."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.suggester import Suggester
from textual.widgets import Input, OptionList

from bddseg_tui.core.data.filter_language import QueryError
from bddseg_tui.core.runs.run_filter import RunQuery, half_typed, parse_runs, run_completions
from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.commands import RUN_FILTER
from bddseg_tui.tui.train.run_rows import OTHER, run_row

EMPTY = "no runs yet: n starts one"
NONE_FIT = "no run fits: /, Escape"
ALL_HIDDEN = "none here: d shows others"


class _Completer(Suggester):
    """Completes the last word from what there is to filter for."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.runs: Sequence[RunSummary] = ()

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion of what is typed."""
        return next(iter(run_completions(value, self.runs)), None)


class RunFilter(Input):
    """The field of the filter."""

    ACTIONS = RUN_FILTER
    BINDINGS = bindings(RUN_FILTER)

    def action_leave(self) -> None:
        """Goes back to the list; the filter stays."""
        self.screen.query_one("#runs", VimList).focus()

    def action_clear_filter(self) -> None:
        """Empties the filter and goes back to the list."""
        self.value = ""
        self.action_leave()

    def action_complete(self) -> None:
        """Takes over the completion."""
        self.action_cursor_right()


class RunList(Vertical):
    """The rows have the runs' names as ids; the list posts `OptionHighlighted` as any list does."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._completer = _Completer()
        self._all: Sequence[RunSummary] = ()
        self._pinned: Sequence[str] = ()
        self._root: Path | None = None
        self._query = RunQuery()
        self._others = True
        self._wanted: str | None = None
        self._problem = ""
        self._rows: dict[str, tuple[RunSummary, tuple[Path | None, bool, int], Text]] = {}

    def compose(self) -> ComposeResult:
        """The filter, what is wrong with it, the list, and how many are shown."""
        placeholder = "/ filter: camvid miou>40% sort:-miou"
        yield RunFilter(placeholder=placeholder, suggester=self._completer, compact=True, id="run-filter")
        yield VimList(id="runs", compact=True)
        yield OneLine(id="run-count")

    def on_mount(self) -> None:
        """Keeps the cursor from blinking, which would send bytes for ever."""
        self.query_one(RunFilter).cursor_blink = False

    def on_resize(self) -> None:
        """Cuts the rows to the new width."""
        # The list within has its own width only then.
        self.call_after_refresh(self._show)

    @property
    def chosen(self) -> str | None:
        """The name of the run under the cursor."""
        return self.query_one(VimList).chosen

    def show(self, runs: Sequence[RunSummary], pinned: Sequence[str], root: Path | None) -> None:
        """Shows these runs, newest first unless the filter says otherwise; `root` is the open dataset's."""
        self._all, self._pinned, self._root = runs, pinned, root
        self._completer.runs = runs
        self._show()

    def choose(self, name: str) -> None:
        """Puts the cursor on a run as soon as it is there; a filter that hides it is cleared."""
        self._wanted = name
        self._show()

    def focus_list(self) -> None:
        """Lets keys move in the list."""
        self.query_one(VimList).focus()

    def enter_filter(self) -> None:
        """Starts typing."""
        # Not `focus()`, which waits its turn: the next key must already find the field.
        self.screen.set_focus(self.query_one(RunFilter))

    def toggle_others(self) -> None:
        """Hides the runs of other datasets, or shows them."""
        self._others = not self._others
        self._show()

    def ask_order(self) -> None:
        """Asks for the order of the list."""
        choices = [(text, order) for order, text in _ORDER_TEXTS]
        self.app.push_screen(ChooseScreen("Sort runs by", choices), self._sort_by)

    def _sort_by(self, order: str | None) -> None:
        if order is not None:
            field = self.query_one(RunFilter)
            words = [word for word in field.value.split() if not word.startswith("sort:")]
            field.value = " ".join(words + ([f"sort:{order}"] if order != "-started" else []))

    @on(Input.Changed, "#run-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        # What was found last stays while a word is half typed.
        try:
            query, self._problem = parse_runs(event.value), ""
            if query.select(self._all) or not half_typed(event.value):
                self._query = query
        except QueryError as problem:
            self._problem = str(problem)
        self._show()

    def _show(self) -> None:
        here = [run for run in self._all if self._others or run.dataset == self._root]
        found = self._query.select(here)
        if self._is_in(self._all) and not self._is_in(found):
            self._query, self._problem, self._others = RunQuery(), "", True
            found = self._query.select(self._all)
            with self.prevent(Input.Changed):
                self.query_one(RunFilter).value = ""
        rows = self.query_one(VimList)
        rows.set_rows(
            self._labels(found, rows.scrollable_content_region.width),
            EMPTY if not self._all else NONE_FIT if here else ALL_HIDDEN,
        )
        if self._wanted is not None and self._is_in(found):
            rows.choose(self._wanted)
            self._wanted = None
        elsewhere = sum(run.dataset != self._root for run in self._all)
        line = self.query_one(OneLine)
        line.set_class(bool(self._problem), "run-count--wrong")
        line.update(self._problem or _count(len(found), len(self._all), elsewhere, self._others))

    def _labels(self, runs: Sequence[RunSummary], width: int) -> list[tuple[str, Text]]:
        """Names and rows; of a thousand runs those are made anew that are not as they were."""
        known, self._rows = self._rows, {}
        for run in runs:
            made_for = (self._root, run.name in self._pinned, width)
            row = known.get(run.name)
            if row is None or row[0] is not run or row[1] != made_for:
                row = run, made_for, run_row(run, *made_for)
            self._rows[run.name] = row
        return [(name, text) for name, (_, _, text) in self._rows.items()]

    def _is_in(self, runs: Sequence[RunSummary]) -> bool:
        """Whether the run that shall be chosen is among these."""
        return any(run.name == self._wanted for run in runs)

    @on(OptionList.OptionSelected, "#runs")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()


_ORDER_TEXTS = (
    ("-started", "started, newest first"),
    ("started", "started, oldest first"),
    ("-miou", "mIoU, best first"),
    ("miou", "mIoU, worst first"),
    ("-time", "time, longest first"),
    ("time", "time, shortest first"),
    ("name", "name"),
    ("dataset", "dataset"),
    ("state", "state"),
)


def _count(shown: int, known: int, elsewhere: int, others: bool) -> str:
    """How many runs are shown, and what `d` does about those of other datasets."""
    if not known:
        return ""
    count = f"{shown} of {known} runs" if shown < known else f"{known} run{'s' if known != 1 else ''}"
    if not elsewhere:
        return count
    return f"{count}  {OTHER} {elsewhere}: d {'hides' if others else 'shows'}"
