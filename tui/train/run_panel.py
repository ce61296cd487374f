"""What is shown of the chosen run: how it stands, its curves with those of others, and its classes."""

from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.tui.train.chart import Chart
from bddseg_tui.tui.train.class_history import ClassHistory
from bddseg_tui.tui.train.job_line import JobLine
from bddseg_tui.tui.train.run_plots import ChartOptions, Curves, plot_runs
from bddseg_tui.tui.train.run_summary import summary_text


class RunPanel(Vertical):
    """Draws only what is not as it was."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._summary = Text()
        self._curves: tuple[Curves, ...] | None = None
        self._options = ChartOptions()

    def compose(self) -> ComposeResult:
        """The run's summary, its chart and its tables."""
        yield Static("", id="run-summary")
        yield Chart(id="run-chart")
        yield ClassHistory(id="run-classes")
        yield JobLine(id="job-line")

    def show(self, status: Status, details: RunDetails | None, curves: tuple[Curves, ...]) -> None:
        """Shows a run, whose curves come first, and the curves of others.

        `details` are None for as long as they have not been read, and the run's history is empty.
        """
        history = curves[0].history
        self._show_summary(summary_text(status, history, details))
        self.query_one(ClassHistory).show(history.epochs)
        self._draw(curves, self._options)

    def show_nothing(self) -> None:
        """No run is chosen."""
        self._show_summary(Text("Training runs go on when you leave the app or the connection drops.", style="dim"))
        self._draw((), self._options)

    # -- the chart -------------------------------------------------------------------------------------------

    def next_chart(self) -> None:
        """Goes on to the next chart."""
        self._draw(self._curves or (), self._options.next_chart())

    def toggle_log_scale(self) -> None:
        """Changes between a logarithmic scale and a linear one."""
        self._draw(self._curves or (), replace(self._options, log=not self._options.log))

    def toggle_smoothing(self) -> None:
        """Shows the training curve smoothed, or raw alone."""
        self._draw(self._curves or (), replace(self._options, smooth=not self._options.smooth))

    def zoom(self, way: int) -> None:
        """Zooms in (above 0) or out."""
        self._draw(self._curves or (), self._options.zoomed(way))

    def pan(self, way: int) -> None:
        """Goes to later steps (above 0) or to earlier ones."""
        self._draw(self._curves or (), self._options.panned(way))

    def reset_zoom(self) -> None:
        """Shows all steps."""
        self._draw(self._curves or (), replace(self._options, window=(0.0, 1.0)))

    def _draw(self, curves: tuple[Curves, ...], options: ChartOptions) -> None:
        if curves != self._curves or options != self._options:
            self._curves, self._options = curves, options
            self.query_one(Chart).show(plot_runs(curves, options))

    def _show_summary(self, text: Text) -> None:
        if text != self._summary:
            self._summary = text
            self.query_one("#run-summary", Static).update(text)
