"""What is shown of the chosen evaluation: its overall metrics, one of three tables, and a note below it."""

from typing import TYPE_CHECKING, Literal

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DataTable, Label, Static
from textual.worker import Worker

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.evaluate.class_table import ClassTable
from bddseg_tui.tui.evaluate.evaluation_text import confusions, summary
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen, by_score
from bddseg_tui.tui.evaluate.score_rows import label_scores, labels_note, slice_scores, slices_note
from bddseg_tui.tui.evaluate.score_table import NO_SCORES, ScoreTable
from bddseg_tui.tui.evaluate.share_plot import LEAST_LINES, SharePlot
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.messages import ShowFilter
from bddseg_tui.tui.shared.worker_errors import tell_failure

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.slices import Slice
    from bddseg_tui.core.analysis.threshold import Threshold

Table = Literal["classes", "labels", "slices", "shares"]
TITLES: dict[Table, str] = {
    "classes": "pixels by class",
    "labels": "classes found in images",
    "slices": "scores of parts of the split",
    "shares": "IoU against the share of pixels, %",
}


CLASS_LINES = 21
"""Lines of the table of classes."""
TABLE_LINES = CLASS_LINES + 8
"""Lines that it takes with what stands above and below it."""


class EvaluationPanel(Vertical):
    """Which table is shown, and from how many pixels on a class is present, stays from one evaluation to the next.

    Attributes:
        shown: which table.
        threshold: what "present" means; None for the default.
    """

    class ClassOpened(Message):
        """Enter was pressed on a class in the table of classes."""

        def __init__(self, class_id: int) -> None:
            super().__init__()
            self.class_id = class_id

    def __init__(self, analysis: AnalysisService, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._analysis = analysis
        self._chosen: EvaluationState | None = None
        self._other: Evaluation | None = None
        self._refused = ""
        self._slices: tuple[Slice, ...] = ()
        self.shown: Table = "classes"
        self.threshold: Threshold | None = None

    def compose(self) -> ComposeResult:
        """A summary, and every view below a title."""
        yield Static("", id="evaluation-summary")
        yield Label("", id="view-title")
        yield ClassTable(id="class-table")
        yield ScoreTable(id="score-table")
        yield Static("", id="confusions")
        yield SharePlot(id="share-plot")

    def on_mount(self) -> None:
        """Follows the theme: bars and differences have its colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show_table())

    def show(self, chosen: EvaluationState | None, other: Evaluation | None, refused: str = "") -> None:
        """Shows an evaluation, compared with another one where there is one; `refused` names one that cannot be."""
        self._chosen, self._other, self._refused = chosen, other, refused
        self._show_summary()
        self._show_table()

    def on_resize(self) -> None:
        """Writes the metrics for the new width, and shows the plot below the table where it has room."""
        self._show_summary()
        self._place_plot()

    def _place_plot(self) -> None:
        below = self.size.height >= TABLE_LINES + LEAST_LINES and self.shown == "classes"
        self.query_one(ClassTable).styles.height = CLASS_LINES if below else "1fr"
        self.query_one(SharePlot).display = self._evaluation is not None and (below or self.shown == "shares")

    def _show_summary(self) -> None:
        self.set_class(self._evaluation is None, "-without-figures")
        text = summary(self._chosen, self._other, self.size.width or 80)
        self.query_one("#evaluation-summary", Static).update(text)

    def next_table(self) -> None:
        """Goes on to the next table."""
        order = list(TITLES)
        self.shown = order[(order.index(self.shown) + 1) % len(order)]
        self._show_table()

    def set_threshold(self, threshold: "Threshold") -> None:
        """Says anew from how many pixels on a class is present, and shows what comes of it."""
        self.threshold, self.shown = threshold, "labels"
        self._show_table()

    def sort_next(self) -> None:
        """Sorts the table of classes by the next column."""
        if self.shown == "classes":
            self.query_one(ClassTable).sort_next()

    def reverse(self) -> None:
        """Turns the order of the table of classes round."""
        if self.shown == "classes":
            self.query_one(ClassTable).reverse()

    @property
    def table(self) -> ClassTable | ScoreTable | SharePlot:
        """The table that is shown, or the plot."""
        if self.shown == "shares":
            return self.query_one(SharePlot)
        return self.query_one(ClassTable) if self.shown == "classes" else self.query_one(ScoreTable)

    @property
    def _evaluation(self) -> Evaluation | None:
        return self._chosen.result if self._chosen else None

    def _show_table(self) -> None:
        evaluation, classes, scores = self._evaluation, self.query_one(ClassTable), self.query_one(ScoreTable)
        had_focus = any(table.has_focus for table in (classes, scores, self.query_one(SharePlot)))
        of_classes = self.shown in ("classes", "shares")
        classes.display = bool(evaluation) and self.shown == "classes"
        scores.display = not of_classes
        self._place_plot()
        if had_focus:
            self.table.focus()
        refused = "  ◆ measured on other images" if self._refused else ""
        self.query_one("#view-title", Label).update(f" {TITLES[self.shown]} (v){refused}" if evaluation else "")
        classes.show(evaluation, self._other)
        # What is read for another evaluation, or another table, must not stand below this heading meanwhile.
        self.workers.cancel_group(self, "scores")
        self._slices = ()
        scores.show(NO_SCORES)
        self._note("")
        if evaluation is None or of_classes:
            self._describe_class()
        else:
            self._note(" reading …")
            self._read_scores(evaluation, self.shown, self.threshold)

    @work(exclusive=True, group="scores", exit_on_error=False)
    async def _read_scores(self, evaluation: Evaluation, shown: Table, threshold: "Threshold | None") -> None:
        analysis, table, note = self._analysis, self.query_one(ScoreTable), ""
        if shown == "labels":
            labels = await attempt(self, lambda: analysis.labels(evaluation, threshold), "warning", 8)
            if labels is not None:
                table.show(label_scores(labels))
                note = labels_note(labels)
        else:
            slices = await attempt(self, lambda: tuple(analysis.slices(evaluation)), "warning", 8)
            if slices is not None:
                self._slices = slices
                table.show(slice_scores(evaluation, slices, self.app.current_theme))
                note = slices_note(slices)
        self._note(note)

    def _note(self, text: str) -> None:
        self.query_one("#confusions", Static).update(Text(text, no_wrap=True, overflow="ellipsis"))

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self) -> None:
        if self.shown in ("classes", "shares"):
            self._describe_class()

    def _describe_class(self) -> None:
        evaluation, found = self._evaluation, self.query_one(ClassTable).highlighted_class
        text = confusions(evaluation, found.id) if evaluation and found else Text()
        self.query_one("#confusions", Static).update(text)
        self.query_one(SharePlot).show(evaluation.classes if evaluation else (), found.id if found else None)

    @on(DataTable.RowSelected)
    def _row_opened(self, event: DataTable.RowSelected) -> None:
        """Opens what is behind a row: the images that a class was missed in, or a slice in the Dataset pane."""
        evaluation, number = self._evaluation, event.cursor_row
        if self.shown == "classes":
            if found := self.query_one(ClassTable).highlighted_class:
                self.post_message(self.ClassOpened(found.id))
        elif evaluation and self.shown == "slices" and number < len(self._slices):
            query = f"split:{evaluation.split} {self._slices[number].query}"
            self.post_message(ShowFilter(query, evaluation.name))
        elif evaluation and self.shown == "labels" and number < len(CLASSES):
            self._open_missed(evaluation, number, self.threshold)

    @work(exclusive=True, group="missed", exit_on_error=False)
    async def _open_missed(self, evaluation: Evaluation, class_id: int, threshold: "Threshold | None") -> None:
        rows = await attempt(self, lambda: self._analysis.missed(evaluation, class_id, threshold), "warning", 8)
        if rows is not None:
            title = f"{CLASSES[class_id].name} is there and was missed, most pixels of it first:"
            self.app.push_screen(ImagesScreen(title, by_score(rows), class_id))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
