"""The Evaluate pane: evaluations, the chosen one's figures and per-class table, its worst and best images."""

from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Label, OptionList, Static

from bddseg_tui.core.analysis.matrix import Kind
from bddseg_tui.core.analysis.threshold import parse_threshold
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.job import Status, read_status
from bddseg_tui.core.runs.evaluation import Evaluation, NoEvaluationError, load_evaluation
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.evaluate.class_table import ClassTable
from bddseg_tui.tui.evaluate.commands import EVALUATE
from bddseg_tui.tui.evaluate.evaluation_text import NOTHING, confusions, overall, waiting
from bddseg_tui.tui.evaluate.figure_table import FigureTable
from bddseg_tui.tui.evaluate.image_actions import EvaluationImages
from bddseg_tui.tui.evaluate.jobs import EvaluationJobs
from bddseg_tui.tui.evaluate.matrix_screen import MatrixScreen
from bddseg_tui.tui.evaluate.views import TITLES, EvaluationViews
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.format import percent, state_mark
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.vim_list import VimList

EVERY_S = 1.0
LISTED = 200
EMPTY = "no evaluation yet: n makes one"


@dataclass(frozen=True)
class Listed:
    """An evaluation's folder: its run, what it is called, how its job stands, and its result if there is one.

    `problem` says why a result that is there cannot be read.
    """

    run: Run
    name: str
    status: Status
    result: Evaluation | None
    problem: str = ""


class EvaluatePane(Pane):
    """Reads and compares evaluations."""

    ACTIONS = EVALUATE
    BINDINGS = bindings(EVALUATE)

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="evaluate")
        self._listed: dict[str, Listed] = {}
        self._shown: tuple[object, ...] = ()
        self._compared: str | None = None
        self._wanted: str | None = None
        self.views = EvaluationViews(self)
        self.images = EvaluationImages(self)
        self.jobs = EvaluationJobs(self)

    @property
    def analysis(self) -> AnalysisService:
        """What evaluations tell beyond their scores."""
        return self.engine.analysis

    def say(self, text: str) -> None:
        """Shows a line below the table."""
        self.query_one("#confusions", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="evaluation-side"):
                yield VimList(id="evaluations", compact=True)
                yield Label("worst images", id="image-title")
                yield VimList(id="images", compact=True)
            with Vertical(id="evaluation-main"):
                yield Static("", id="evaluation-summary")
                yield Label("", id="view-title")
                yield ClassTable(id="class-table")
                yield FigureTable(id="figure-table")
                yield Static("", id="confusions")

    def on_mount(self) -> None:
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def on_shown(self) -> None:
        self.query_one("#evaluations", VimList).focus()
        self._tick()

    def choose(self, name: str) -> None:
        """Highlights this evaluation as soon as it is listed."""
        self._wanted = name
        self._tick()

    def refresh_list(self) -> None:
        """Reads the list anew, without waiting for the next second."""
        self._tick()

    # -- reading ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.is_shown:
            self._read()

    @work(thread=True, exclusive=True, group="evaluations", exit_on_error=False)
    def _read(self) -> None:
        found: dict[str, Listed] = {}
        for run in self.engine.runs.list_runs():
            for folder in run.evaluations():
                name = f"{run.name}/{folder.name}"
                status, before = read_status(folder), self._listed.get(name)
                if before and before.result and before.status.heartbeat == status.heartbeat:
                    found[name] = before
                    continue
                result, problem = None, ""
                try:
                    result = load_evaluation(folder) if not status.live else None
                except NoEvaluationError:
                    pass
                except BddsegError as error:
                    problem = str(error)
                found[name] = Listed(run, name, status, result, problem)
        self.app.call_from_thread(self._show, found)

    def _show(self, found: dict[str, Listed]) -> None:
        self._listed = found
        listing = self.query_one("#evaluations", VimList)
        listing.set_rows([(name, self._label(entry)) for name, entry in found.items()], EMPTY)
        if self._wanted in found:
            listing.choose(str(self._wanted))
            self._wanted = None
        self._show_chosen()

    def _label(self, entry: Listed) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("◆ " if entry.name == self._compared else "  ", "bold cyan")
        room = max(10, self.query_one("#evaluations").content_size.width - 11)
        text.append(f"{sanitize(entry.name)[:room]:<{room}} ")
        if entry.status.live:
            share = f" {100 * entry.status.done / entry.status.total:.0f}%" if entry.status.total else ""
            text.append(f"▶{share}", "bold")
        elif entry.result:
            text.append(percent(entry.result.miou19), "bold")
        else:
            text.append("✗ damaged" if entry.problem else state_mark(entry.status.state), "red")
        return text

    @on(DataTable.RowHighlighted)
    def _class_highlighted(self) -> None:
        if self.views.view != "classes":
            return
        entry, found = self._chosen(), self.query_one(ClassTable).highlighted_class
        text = confusions(entry.result, found.id) if entry and entry.result and found else Text()
        self.query_one("#confusions", Static).update(text)

    @on(OptionList.OptionHighlighted, "#evaluations")
    def _highlighted(self) -> None:
        self._show_chosen()

    def _chosen(self) -> Listed | None:
        name = self.query_one("#evaluations", VimList).chosen
        return self._listed.get(name) if name else None

    def _show_chosen(self) -> None:
        entry = self._chosen()
        other = self._listed.get(self._compared or "")
        state = entry and (entry.name, entry.status.heartbeat, entry.status.state)
        key = (state, self._compared, self.images.worst_first, self.views.view, self.views.threshold)
        if key == self._shown:
            return
        self._shown = key
        compared = other.result if other and entry and other.name != entry.name else None
        self.query_one("#evaluation-summary", Static).update(_summary(entry, compared))
        self._show_table(entry.result if entry else None, compared)
        self.images.read(entry.result if entry else None)

    def _show_table(self, evaluation: Evaluation | None, compared: Evaluation | None) -> None:
        view, classes, figures = self.views.view, self.query_one(ClassTable), self.query_one(FigureTable)
        had_focus = classes.has_focus or figures.has_focus
        classes.display, figures.display = view == "classes" and bool(evaluation), view != "classes"
        if had_focus:
            self._table.focus()
        self.query_one("#view-title", Label).update(f" {TITLES[view]} (v)" if evaluation else "")
        classes.show(evaluation, compared)
        self.views.show(evaluation)

    @property
    def _table(self) -> ClassTable | FigureTable:
        return self.query_one(ClassTable) if self.views.view == "classes" else self.query_one(FigureTable)

    # -- actions ---------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#evaluations")
    def _evaluation_opened(self) -> None:
        self._table.focus()

    @on(OptionList.OptionSelected, "#images")
    def _image_opened(self) -> None:
        self.images.open()

    @on(DataTable.RowSelected)
    def _row_opened(self, event: DataTable.RowSelected) -> None:
        entry = self._chosen()
        if self.views.view == "classes":
            self.query_one("#images", VimList).focus()
        elif entry and entry.result:
            self.views.open_row(entry.result, event.cursor_row)

    def action_open_image(self) -> None:
        self.images.open()

    def action_next_list(self) -> None:
        order = [self.query_one("#evaluations"), self._table, self.query_one("#images")]
        place = next((i for i, w in enumerate(order) if w.has_focus), -1)
        order[(place + 1) % len(order)].focus()

    def action_sort_table(self) -> None:
        if self.views.view == "classes":
            self.query_one(ClassTable).sort_next()

    def action_next_view(self) -> None:
        self.views.next()
        self._show_chosen()

    def action_matrix(self) -> None:
        entry = self._chosen()
        if entry and entry.result:
            kind: Kind = "labels" if self.views.view == "labels" else "pixels"
            self.app.push_screen(MatrixScreen(self.analysis, entry.result, kind, self.views.threshold))

    def action_threshold(self) -> None:
        def typed(text: str | None) -> None:
            if text is None:
                return
            try:
                self.views.threshold = parse_threshold(text)
            except UsageError as error:
                self.notify(str(error), severity="warning", markup=False)
                return
            self.views.view = "labels"
            self._show_chosen()

        title = "A class is present from how many pixels, or which share, on?"
        self.app.push_screen(PromptScreen(title, "1, or 0.1%", "1"), typed)

    def action_changes(self) -> None:
        if pair := self._pair():
            self.views.open_changes(*pair)

    def action_settings_diff(self) -> None:
        if pair := self._pair():
            self.views.open_settings(*pair)

    def action_report(self) -> None:
        entry, other = self._chosen(), self._listed.get(self._compared or "")
        if entry and entry.result:
            compared = other.result if other and other.name != entry.name else None
            self.views.write_report(entry.result, [compared] if compared else [])

    def _pair(self) -> tuple[Evaluation, Evaluation] | None:
        """(the evaluation that is compared with, the chosen one)."""
        entry, other = self._chosen(), self._listed.get(self._compared or "")
        if entry and entry.result and other and other.result and other.name != entry.name:
            return other.result, entry.result
        self.notify("first choose an evaluation to compare with: c", severity="warning")
        return None

    def action_toggle_order(self) -> None:
        self.images.worst_first = not self.images.worst_first
        self._show_chosen()

    def action_compare(self) -> None:
        choices = [("none", "")] + [
            (f"{e.name}  {percent(e.result.miou19)}", e.name) for e in self._listed.values() if e.result
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self._compared = name or None
                self._show(self._listed)

        self.app.push_screen(ChooseScreen("Compare with", choices, self._compared), chosen)

    def action_new_evaluation(self) -> None:
        self.jobs.offer()

    def action_delete_evaluation(self) -> None:
        if entry := self._chosen():
            self.jobs.delete(entry.run, entry.name)


def _summary(entry: Listed | None, compared: Evaluation | None) -> Text:
    if entry is None:
        return NOTHING
    if entry.result is None:
        return waiting(entry.name, entry.status, entry.problem)
    return overall(entry.run.shown_dataset.rpartition("/")[2], entry.result, compared)
