"""The app's own widgets and terminal code, without an app where they need none."""

import math
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult

from bddseg_tui.core.runs.history import History, HistoryBuilder, MovingMean
from bddseg_tui.tui.evaluate.class_table import bar
from bddseg_tui.tui.train.chart import Chart, DotGrid, Plot, Series, plot_series, short_number
from bddseg_tui.tui.train.run_plots import CHARTS, ChartName, ChartOptions, Curves, plot_runs


def test_smoothing_starts_at_the_first_value_and_leaves_gaps() -> None:
    assert MovingMean(0.9).add(4.0) == pytest.approx(4.0)
    mean = MovingMean(0.9)
    assert [mean.add(v) for v in (2.0, None, 2.0)] == [pytest.approx(2.0), None, pytest.approx(2.0)]


def test_a_curve_of_many_points_keeps_its_peaks() -> None:
    xs = [float(i) for i in range(50_000)]
    ys = [1.0] * 50_000
    ys[31_234] = 9.0
    grid = DotGrid(40, 10)
    plot_series(grid, xs, ys, (0.0, 49_999.0), (0.0, 10.0), False, 0)
    peak = [x for x in range(40) if grid.bits[1][x]]
    assert peak == [pytest.approx(31_234 / 50_000 * 40, abs=1)]


def test_values_that_are_missing_or_not_positive_break_the_curve() -> None:
    grid = DotGrid(20, 5)
    plot_series(grid, [0.0, 1.0, 2.0], [1.0, math.nan, 1.0], (0.0, 2.0), (0.1, 10.0), True, 0)
    assert sum(bool(b) for row in grid.bits for b in row) == 2


class ChartHost(App[None]):
    """An app with nothing but a chart."""

    braille = False

    def compose(self) -> ComposeResult:
        yield Chart()


@pytest.mark.parametrize("braille", [True, False])
async def test_a_curve_is_drawn_in_half_blocks_where_there_is_no_braille(braille: bool) -> None:
    app = ChartHost()
    app.braille = braille
    async with app.run_test(size=(60, 20)) as pilot:
        chart = app.query_one(Chart)
        chart.show(Plot("loss", (Series("run", range(100), [1 / (1 + x) for x in range(100)], "red"),)))
        await pilot.pause()
        text = "".join(chart.render_line(y).text for y in range(chart.size.height))
    assert any("\u2800" <= c <= "\u28ff" for c in text) is braille
    assert any(c in "▀▄█" for c in text) is not braille


@pytest.mark.parametrize(
    ("value", "shown"), [(0.00012, "1.2e-04"), (0.5, "0.5000"), (3.14159, "3.142"), (1200.0, "1200")]
)
def test_axis_labels_are_short(value: float, shown: str) -> None:
    assert short_number(value) == shown


def test_bars_have_eighths() -> None:
    assert bar(0.0, 10) == " " * 10
    assert bar(1.0, 10) == "█" * 10
    assert bar(0.55, 10).rstrip() == "█████▌"


def history() -> History:
    builder = HistoryBuilder()
    rows = [
        {"id": i, "name": str(i), "iou": 0.5, "precision": None, "recall": 0.1, "percentage": 5.0} for i in range(20)
    ]
    events_: list[Any] = [{"kind": "step", "step": s, "epoch": 1, "loss": 1 / s, "lr": 0.1} for s in range(1, 9)]
    events_ += [
        {"kind": "epoch", "epoch": e, "step": 4 * e, "train_loss": 1.0, "val_loss": 1.0, "miou19": m, "classes": rows}
        for e, m in ((1, 0.4), (2, 0.3))
    ]
    assert all(builder.add(e) for e in events_)
    return builder.history()


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_draws_one_run_and_several(chart: ChartName) -> None:
    look = ChartOptions(chart=chart)
    one = plot_runs([Curves("0001-a", history())], look)
    two = plot_runs([Curves("0001-a", history()), Curves("0002-b", history())], look)
    assert one.series and len(two.series) >= 2
    assert all(len(s.xs) == len(s.ys) for s in one.series + two.series)


def test_the_best_epoch_is_marked() -> None:
    assert plot_runs([Curves("0001-a", history())], ChartOptions()).markers == ((4.0, "best: epoch 1"),)


def test_a_plot_is_compared_by_value_so_that_nothing_is_redrawn_in_vain() -> None:
    def make() -> Plot:
        return Plot("x", (Series("a", (1.0,), (2.0,), "red"),))

    assert make() == make()


def test_package_data_is_where_the_app_looks_for_it() -> None:
    from bddseg_tui.tui import app

    folder = Path(app.__file__).parent
    for name in app.BddsegApp.CSS_PATH:
        assert (folder / str(name)).exists()
