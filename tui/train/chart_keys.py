"""The keys that change how charts are shown."""

from bddseg_tui.tui.train.chart_grid import ChartGrid


class ChartKeys:
    """Actions for a pane that says which charts they are for."""

    @property
    def charts(self) -> ChartGrid:
        """The charts."""
        raise NotImplementedError

    def action_next_chart(self) -> None:
        """Goes on to the next chart."""
        self.charts.next_chart()

    def action_log_scale(self) -> None:
        """Changes between a logarithmic scale and a linear one."""
        self.charts.toggle_log_scale()

    def action_smooth(self) -> None:
        """Shows the training curve smoothed, or raw alone."""
        self.charts.toggle_smoothing()

    def action_zoom(self, way: int) -> None:
        """Zooms in (above 0) or out."""
        self.charts.zoom(way)

    def action_pan(self, way: int) -> None:
        """Goes to later steps (above 0) or to earlier ones."""
        self.charts.pan(way)

    def action_reset_zoom(self) -> None:
        """Shows all steps."""
        self.charts.reset_zoom()
