"""What is shown of the chosen run: how it stands, its curves with those of others, and its classes."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.tui.train.chart_grid import ChartGrid
from bddseg_tui.tui.train.class_history import ClassHistory
from bddseg_tui.tui.train.job_line import JobLine
from bddseg_tui.tui.train.run_plots import Curves
from bddseg_tui.tui.train.run_summary import summary_text


class RunPanel(Vertical):
    """Draws only what is not as it was."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._summary = Text()
        self._shown: tuple[Status, RunDetails | None, tuple[Curves, ...]] | None = None

    def compose(self) -> ComposeResult:
        """The run's summary, its charts and its tables."""
        yield Static("", id="run-summary")
        yield ChartGrid(id="run-charts")
        yield ClassHistory(id="run-classes")
        yield JobLine(id="job-line")

    def show(self, status: Status, details: RunDetails | None, curves: tuple[Curves, ...]) -> None:
        """Shows a run, whose curves come first, and the curves of others.

        `details` are None for as long as they have not been read, and the run's history is empty.
        """
        history, self._shown = curves[0].history, (status, details, curves)
        self._show_summary(summary_text(status, history, details, self.size.width))
        classes = self.query_one(ClassHistory)
        classes.show(history.epochs)
        classes.display = status.live or bool(history.epochs)
        self.query_one(ChartGrid).show(curves)

    def show_nothing(self) -> None:
        """No run is chosen."""
        self._shown = None
        self._show_summary(Text(" Training runs go on when you leave the app\n or the connection drops.", style="dim"))
        self.query_one(ChartGrid).show(())
        self.query_one(ClassHistory).display = False

    def on_resize(self) -> None:
        """Says of the run as much as there is room for now."""
        if self._shown is not None:
            self.show(*self._shown)

    def _show_summary(self, text: Text) -> None:
        if text != self._summary:
            self._summary = text
            summary = self.query_one("#run-summary", Static)
            # Not `height: auto`, which would have the whole screen laid out at each step.
            summary.styles.height = max(3, text.plain.count("\n") + 1)
            summary.update(text, layout=False)
