"""What else the Evaluate pane shows of an evaluation: the model as a multi-label classifier, and scores of slices."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.evaluate.figure_table import FigureTable, change, score_cells
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen
from bddseg_tui.tui.shared.format import percent
from bddseg_tui.tui.shared.messages import ShowFilter
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.text_screen import TextScreen

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.compare import ImageChange
    from bddseg_tui.core.analysis.multilabel import MultiLabel
    from bddseg_tui.core.analysis.slices import Slice
    from bddseg_tui.core.analysis.threshold import Threshold
    from bddseg_tui.tui.evaluate.pane import EvaluatePane

View = Literal["classes", "labels", "slices"]
VIEWS: tuple[View, ...] = ("classes", "labels", "slices")
TITLES = {
    "classes": "pixels by class",
    "labels": "classes found in images",
    "slices": "scores of parts of the split",
}


class EvaluationViews:
    """Reads analyses in threads and fills the pane's second table."""

    def __init__(self, pane: "EvaluatePane") -> None:
        self._pane = pane
        self.view: View = "classes"
        self.threshold: Threshold | None = None
        self._slices: list[Slice] = []

    def next(self) -> None:
        """Goes on to the next view."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]

    def show(self, evaluation: Evaluation | None) -> None:
        """Fills the table for the view that is chosen."""
        table = self._pane.query_one(FigureTable)
        if evaluation is None or self.view == "classes":
            table.show((), ())
            return
        read = self._read_labels if self.view == "labels" else self._read_slices
        self._run("view", lambda: read(evaluation))

    def _read_labels(self, evaluation: Evaluation) -> None:
        try:
            report = self._pane.analysis.labels(evaluation, self.threshold)
        except BddsegError as error:
            self._say(error)
            return
        self._pane.app.call_from_thread(self._show_labels, report)

    def _show_labels(self, report: "MultiLabel") -> None:
        rows: list[list[str | Text]] = [
            [_named(c.id), *score_cells(s.precision, s.recall, s.f1), f"{s.support:,}"]
            for c, s in zip(CLASSES, report.classes, strict=True)
        ]
        rows += [
            [Text(f"   {a.name} average", "bold"), *score_cells(a.precision, a.recall, a.f1), f"{a.support:,}"]
            for a in report.averages
        ]
        self._pane.query_one(FigureTable).show(("class", "precision", "recall", "F1", "images"), rows)
        self._pane.say(
            f" {report.threshold} (t)   exact match {percent(report.exact_match)}   "
            f"labels right {percent(report.accuracy)}\n Enter lists the images in which a class was missed"
        )

    def _read_slices(self, evaluation: Evaluation) -> None:
        try:
            found = self._pane.analysis.slices(evaluation)
        except BddsegError as error:
            self._say(error)
            return
        self._pane.app.call_from_thread(self._show_slices, evaluation, found)

    def _show_slices(self, evaluation: Evaluation, found: "list[Slice]") -> None:
        self._slices = found
        rows: list[list[str | Text]] = []
        for part in found:
            s = part.scores
            delta = s.miou19 - evaluation.miou19 if evaluation.miou19 is not None else None
            figures: list[str | Text] = [
                *score_cells(s.miou19),
                change(delta),
                *score_cells(s.pixel_accuracy),
                f"{part.images:,}",
            ]
            rows.append([*figures, sanitize(part.query)])
        columns = ("mIoU19", "Δ", "acc.", "images", "that match")
        self._pane.query_one(FigureTable).show(columns, rows, words=len(columns) - 1)
        self._pane.say(" Δ is against the whole split   Enter shows these images in the Dataset pane")

    def open_row(self, evaluation: Evaluation, number: int) -> None:
        """Opens what is behind a row: the images that a class was missed in, or a slice in the Dataset pane."""
        if self.view == "slices" and number < len(self._slices):
            query = self._slices[number].query
            self._pane.post_message(ShowFilter(f"split:{evaluation.split} {query}", evaluation.name))
        elif self.view == "labels" and number < len(CLASSES):
            self._run("missed", lambda: self._open_missed(evaluation, number))

    def _open_missed(self, evaluation: Evaluation, class_id: int) -> None:
        try:
            rows = self._pane.analysis.missed(evaluation, class_id, self.threshold)
        except BddsegError as error:
            self._say(error)
            return
        title = f"{CLASSES[class_id].name} is there and was missed:"
        self._pane.app.call_from_thread(self._pane.app.push_screen, ImagesScreen(title, rows))

    # -- against another evaluation --------------------------------------------------------------------------

    def open_changes(self, before: Evaluation, after: Evaluation) -> None:
        """Lists the images of both by how much they changed."""
        self._run("changes", lambda: self._open_changes(before, after))

    def _open_changes(self, before: Evaluation, after: Evaluation) -> None:
        try:
            found = self._pane.analysis.changes(before, after)
        except BddsegError as error:
            self._say(error)
            return
        rows: list[Row] = [row for row, _ in found]
        notes = [_change(c) for _, c in found]
        better = sum(c.change > 0 for _, c in found)
        title = f"{before.name} → {after.name}: {better:,} better, {len(found) - better:,} not; the worst first."
        self._pane.app.call_from_thread(self._pane.app.push_screen, ImagesScreen(title, rows, notes))

    def open_settings(self, before: Evaluation, after: Evaluation) -> None:
        """Shows the settings in which the two runs differ."""
        self._run("settings", lambda: self._open_settings(before, after))

    def _open_settings(self, before: Evaluation, after: Evaluation) -> None:
        pane = self._pane
        try:
            differing = pane.analysis.settings([before, after])
        except BddsegError as error:
            text = sanitize(str(error))
            pane.app.call_from_thread(lambda: pane.notify(text, severity="warning", markup=False))
            return
        lines = [f"{key:<20} {_value(old):>20} → {_value(new)}" for key, (old, new) in differing.items()]
        text = "\n".join(lines) or "no setting differs"
        screen = TextScreen(Text(f"{before.name} → {after.name}", style="bold"), Text(text))
        pane.app.call_from_thread(pane.app.push_screen, screen)

    def write_report(self, evaluation: Evaluation, others: list[Evaluation]) -> None:
        """Asks for a folder and writes a report into it."""

        def work(to: str) -> None:
            pane = self._pane
            try:
                page = pane.engine.analysis.report(evaluation, others, typed_path(to))[0]
            except BddsegError as error:
                self._say(error)
                return
            text = f"written to {sanitize_path(page)}"
            pane.app.call_from_thread(lambda: pane.notify(text, markup=False, timeout=8))

        def named(folder: str | None) -> None:
            if folder:
                self._pane.notify("writing the report …", timeout=3)
                self._run("report", lambda: work(folder))

        suggestion = str(evaluation.folder / "report")
        self._pane.app.push_screen(PromptScreen("Write the report into the folder", "", suggestion), named)

    def _say(self, error: BddsegError) -> None:
        pane = self._pane
        text = sanitize(str(error))
        pane.app.call_from_thread(lambda: pane.query_one(FigureTable).show((), ()))
        pane.app.call_from_thread(lambda: pane.notify(text, severity="warning", markup=False, timeout=8))

    def _run(self, group: str, work: Callable[[], None]) -> None:
        self._pane.run_worker(work, thread=True, exclusive=True, group=group, exit_on_error=False)


def _named(class_id: int) -> Text:
    c = CLASSES[class_id]
    return Text("██ ", style="rgb({},{},{})".format(*c.color)).append(f"{c.id:>2} {c.name}", "default")


def _change(change: "ImageChange") -> str:
    return f"{100 * change.change:+6.1f}  {100 * change.after:5.1f}"


def _value(value: object) -> str:
    return "-" if value is None else sanitize(str(value))
