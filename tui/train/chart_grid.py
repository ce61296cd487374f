"""The charts of a run, as many at once as there is room for."""

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Container

from bddseg_tui.tui.train.chart import Chart
from bddseg_tui.tui.train.chart_options import CHARTS, ChartName, ChartOptions
from bddseg_tui.tui.train.run_plots import Curves, plot_runs

LEAST = (34, 9)
"""Columns and rows that a chart needs beside others."""


class ChartGrid(Container):
    """Draws only what is not as it was."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._curves: tuple[Curves, ...] | None = None
        self._options = ChartOptions()
        self._names: tuple[ChartName, ...] = ()

    def compose(self) -> ComposeResult:
        """A chart of each kind; those that there is no room for are hidden."""
        for number, _ in enumerate(CHARTS):
            yield Chart(id=f"chart-{number}")

    def show(self, curves: tuple[Curves, ...]) -> None:
        """Shows the curves of a run, and of others behind it."""
        if curves != self._curves:
            self._draw(curves, self._options)

    def next_chart(self) -> None:
        """Goes from several charts through each alone, and back."""
        self._change(self._options.next_chart(self._room()[2]))

    def toggle_log_scale(self) -> None:
        """Changes between a logarithmic scale and a linear one."""
        self._change(replace(self._options, log=not self._options.log))

    def toggle_smoothing(self) -> None:
        """Shows the training curve smoothed, or raw alone."""
        self._change(replace(self._options, smooth=not self._options.smooth))

    def zoom(self, way: int) -> None:
        """Zooms in (above 0) or out."""
        self._change(self._options.zoomed(way))

    def pan(self, way: int) -> None:
        """Goes to later steps (above 0) or to earlier ones."""
        self._change(self._options.panned(way))

    def reset_zoom(self) -> None:
        """Shows all steps."""
        self._change(replace(self._options, window=(0.0, 1.0)))

    def on_resize(self, event: events.Resize) -> None:
        """Shows as many charts as there is room for now."""
        self._draw(self._curves or (), self._options)

    def _change(self, options: ChartOptions) -> None:
        if options != self._options:
            self._draw(self._curves or (), options)

    def _room(self) -> tuple[int, int, int]:
        """(columns, rows, charts) of the grid."""
        across, down = (max(1, have // need) for have, need in zip(self.size, LEAST, strict=True))
        across = min(across, len(CHARTS))
        # Rather larger charts than a row of which most is empty.
        down = min(down, max(1, round(len(CHARTS) / across)))
        return across, down, min(len(CHARTS), across * down)

    def _draw(self, curves: Sequence[Curves], options: ChartOptions) -> None:
        self._curves, self._options = tuple(curves), options
        across, down, room = self._room()
        # Where nothing will be drawn there is one thing to say.
        some = any(run.live or run.history.last for run in curves)
        self._names = options.names(room if some else 1)
        several = len(self._names) > 1
        self.styles.grid_size_columns, self.styles.grid_size_rows = (across, down) if several else (1, 1)
        for number, chart in enumerate(self.query(Chart)):
            chart.display = number < len(self._names)
            if chart.display:
                # One after another, so that a key is obeyed between them.
                self.call_later(self._draw_one, number)

    def _draw_one(self, number: int) -> None:
        """Draws what this chart is to show by now."""
        if number < len(self._names):
            plot = plot_runs(self._curves or (), self._names[number], self._options)
            self.query_one(f"#chart-{number}", Chart).show(plot)
