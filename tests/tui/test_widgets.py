"""The app's own widgets and terminal code, without an app where they need none."""

import math
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color
from textual.app import App, ComposeResult

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.history import ClassScore, History, HistoryBuilder, MovingMean
from bddseg_tui.tui.evaluate.share_plot import share_plot
from bddseg_tui.tui.shared.bar import bar
from bddseg_tui.tui.terminal.oklab import oklab
from bddseg_tui.tui.terminal.picture_limit import limit_here
from bddseg_tui.tui.train.axis import YAxis, round_end, short_number, tick_labels, x_ticks, y_axis
from bddseg_tui.tui.train.chart import Chart
from bddseg_tui.tui.train.chart_options import CHARTS, ChartName, ChartOptions
from bddseg_tui.tui.train.dot_grid import DotGrid, plot_series
from bddseg_tui.tui.train.legend_line import legend_line
from bddseg_tui.tui.train.line_color import line_color
from bddseg_tui.tui.train.plot import Plot, Series
from bddseg_tui.tui.train.run_plots import Curves, plot_runs


def test_smoothing_starts_at_the_first_value_and_leaves_gaps() -> None:
    assert MovingMean(0.9).add(4.0) == pytest.approx(4.0)
    mean = MovingMean(0.9)
    assert [mean.add(v) for v in (2.0, None, 2.0)] == [pytest.approx(2.0), None, pytest.approx(2.0)]


def test_a_curve_of_many_points_keeps_its_peaks() -> None:
    xs = [float(i) for i in range(50_000)]
    ys = [1.0] * 50_000
    ys[31_234] = 9.0
    grid = DotGrid(40, 10)
    plot_series(grid, xs, ys, (0.0, 49_999.0), YAxis(0.0, 10.0, ()), 0)
    peak = [x for x in range(40) if grid.bits[1][x]]
    assert peak == [pytest.approx(31_234 / 50_000 * 40, abs=1)]


def test_values_that_are_missing_or_not_positive_break_the_curve() -> None:
    grid = DotGrid(20, 5)
    plot_series(grid, [0.0, 1.0, 2.0], [1.0, math.nan, 1.0], (0.0, 2.0), YAxis(0.1, 10.0, (), log=True), 0)
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
    ("value", "shown"), [(0.00012, "1.2e-4"), (0.5, "0.5000"), (3.14159, "3.142"), (1200.0, "1200")]
)
def test_figures_in_legends_are_short(value: float, shown: str) -> None:
    assert short_number(value) == shown


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.31, 3.446], ["0", "1", "2", "3", "4"]),
        ([0.0212, 0.151], ["0.00", "0.05", "0.10", "0.15", "0.20"]),
        ([1e-5, 1e-3], ["0", "2.5e-4", "5e-4", "7.5e-4", "1e-3"]),
        ([2.0, 2.0], ["1.8", "1.9", "2.0", "2.1", "2.2"]),
    ],
)
def test_ticks_of_an_axis_are_round_and_its_ends_are_ticks(values: list[float], labels: list[str]) -> None:
    axis = y_axis([values], 5)
    assert axis and (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])
    assert axis.low <= min(values) and max(values) <= axis.high
    assert tick_labels(axis.ticks) == labels


def test_a_logarithmic_axis_has_powers_of_ten_or_steps_between_them() -> None:
    wide, narrow = y_axis([[0.003, 40.0]], 6, log=True), y_axis([[0.3, 0.9]], 6, log=True)
    assert wide and wide.ticks == pytest.approx((0.001, 0.01, 0.1, 1.0, 10.0, 100.0))
    assert narrow and narrow.ticks == pytest.approx((0.2, 0.5, 1.0))


def test_an_outlier_is_cut_off_and_a_steep_fall_is_not() -> None:
    falling = [5 * 0.97**n + 0.3 for n in range(200)]
    spiked = y_axis([[1117.0, *falling]], 5, clip=True)
    first_epoch = y_axis([falling, [1117.0]], 5, clip=True)
    for axis in (spiked, first_epoch):
        assert axis and axis.high <= 8 and axis.beyond == 1117.0
    whole = y_axis([falling], 5, clip=True)
    assert whole and whole.high >= 5.3 and whole.beyond is None


def test_what_is_beyond_the_axis_is_marked_and_no_line_leads_there() -> None:
    grid = DotGrid(20, 5)
    plot_series(grid, [0.0, 1.0, 2.0, 3.0], [900.0, 1.0, 1.0, 1.0], (0.0, 3.0), YAxis(0.0, 5.0, ()), 0)
    assert list(grid.beyond) == [0]
    assert sum(bool(bits) for bits in grid.bits[0]) == 0


def test_the_x_axis_tells_epochs_and_within_a_few_of_them_steps() -> None:
    assert x_ticks(0, 400, 5, 20) == (((0, "0"), (100, "5"), (200, "10"), (300, "15"), (400, "20")), "epoch")
    assert x_ticks(100, 125, 5, 20)[1] == "step"


def test_an_axis_of_a_live_run_ends_at_a_round_number() -> None:
    assert [round_end(n) for n in (1, 7, 11, 35, 1999)] == [1, 8, 15, 40, 2000]
    builder = HistoryBuilder()
    assert all(builder.add({"kind": "step", "step": s, "epoch": 1, "loss": 1.0}) for s in range(1, 12))
    live, ended = (plot_runs([Curves("0001-a", builder.history(), on)], "loss", ChartOptions()) for on in (True, False))
    assert (live.span, ended.span) == ((0.0, 15.0), (0.0, 11.0))


async def test_a_step_more_of_a_live_run_changes_few_cells_of_its_chart() -> None:
    builder, app = HistoryBuilder(), ChartHost()
    app.braille = True
    drawn: list[str] = []
    async with app.run_test(size=(60, 20)) as pilot:
        chart = app.query_one(Chart)
        for step in range(1, 53):
            builder.add({"kind": "step", "step": step, "epoch": 1, "lr": 1e-3 * step / 60, "loss": 1.0})
            if step >= 51:
                chart.show(plot_runs([Curves("0001-a", builder.history(), True)], "learning rate", ChartOptions()))
                await pilot.pause()
                drawn.append("".join(chart.render_line(y).text for y in range(1, chart.size.height)))
    before, after = drawn
    assert 0 < sum(a != b for a, b in zip(before, after, strict=True)) <= 3


@pytest.mark.parametrize("width", [18, 26, 34, 52, 90])
def test_a_legend_takes_no_more_than_its_width(width: int) -> None:
    series = (
        Series("train", (), (), "red", "", 1.911),
        Series("smoothed", (), (), "blue", "s", 2.713),
        Series("validation", (), (), "green", "v", 3.01),
    )
    parts = legend_line(Plot("loss", series, ((4.0, "best: epoch 1"),)), 1117.0, width)
    assert sum(len(text) for text, _ in parts) <= max(width, 23)
    assert [role for _, role in parts if isinstance(role, int)][-2:] == [1, 2], "the curves with letters stay"


def test_curves_of_classes_have_the_colours_of_the_classes() -> None:
    series = plot_runs([Curves("0001-a", history())], "class IoU", ChartOptions()).series
    assert {(s.letter, s.color) for s in series[:2]} == {("0", "rgb(128,64,128)"), ("1", "rgb(244,35,232)")}


@pytest.mark.parametrize("dark", [True, False])
def test_a_line_of_every_class_can_be_seen_on_either_ground(dark: bool) -> None:
    colors = [Color.parse(line_color("rgb({},{},{})".format(*c.color), dark)).get_truecolor() for c in CLASSES]
    ground = oklab((0x11, 0x15, 0x1A) if dark else (0xF6, 0xF7, 0xF9))[0]
    assert all(abs(oklab(tuple(c))[0] - ground) > 30 for c in colors)
    kept = [c.color for c, shown in zip(CLASSES, colors, strict=True) if tuple(shown) == c.color]
    assert len(kept) >= 6, "a colour that can be seen is the class's own"


def test_bars_have_eighths() -> None:
    assert bar(0.0, 10) == " " * 10
    assert bar(1.0, 10) == "█" * 10
    assert bar(0.55, 10).rstrip() == "█████▌"
    assert bar(0.0001, 10).rstrip() == "▏", "what is there leaves a trace"


def history() -> History:
    builder = HistoryBuilder()
    rows = [
        {"id": i, "name": str(i), "iou": 0.5, "precision": None, "recall": 0.1, "percentage": 5.0} for i in range(20)
    ]
    events_: list[Any] = [
        {"kind": "step", "step": s, "epoch": 1, "loss": 1 / s, "lr": 0.1, "cpu_percent": 50.0} for s in range(1, 9)
    ]
    events_ += [
        {"kind": "epoch", "epoch": e, "step": 4 * e, "train_loss": 1.0, "val_loss": 1.0, "miou19": m, "classes": rows}
        for e, m in ((1, 0.4), (2, 0.3))
    ]
    assert all(builder.add(e) for e in events_)
    return builder.history()


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_draws_one_run_and_several(chart: ChartName) -> None:
    one = plot_runs([Curves("0001-a", history())], chart, ChartOptions())
    two = plot_runs([Curves("0001-a", history()), Curves("0002-b", history())], chart, ChartOptions())
    assert one.series and len(two.series) >= 2
    assert all(len(s.xs) == len(s.ys) for s in one.series + two.series)


def test_the_best_epoch_is_marked() -> None:
    assert plot_runs([Curves("0001-a", history())], "loss", ChartOptions()).markers == ((4.0, "best: epoch 1"),)


def test_a_plot_is_compared_by_value_so_that_nothing_is_redrawn_in_vain() -> None:
    def make() -> Plot:
        return Plot("x", (Series("a", (1.0,), (2.0,), "red"),))

    assert make() == make()


def test_package_data_is_where_the_app_looks_for_it() -> None:
    from bddseg_tui.tui import app

    folder = Path(app.__file__).parent
    for name in app.BddsegApp.CSS_PATH:
        assert (folder / str(name)).exists()


def test_classes_stand_at_their_iou_and_share_with_a_name_that_hides_no_mark() -> None:
    found = {0: (0.9, 30.0), 13: (0.5, 1.0), 12: (0.0, 0.01), 18: (0.0, 0.012)}
    placed = [(c, *found.get(c.id, (None, 0.0))) for c in CLASSES]
    classes = [ClassScore(c.id, c.name, iou, iou, iou, share) for c, iou, share in placed]
    lines = share_plot(classes, 65, 13, chosen=13).plain.split("\n")
    assert "● road" in lines[1] and lines[1].index("●") > lines[5].index("●"), "30 % lie right of 1 %"
    assert lines[5].startswith(" 50 ┤") and "● car" in lines[5] and lines[5].index("●") == 5 + 30
    assert lines[10].count("●") == 2 and "train" not in "".join(lines)
    assert all(len(line) <= 65 for line in lines) and len(lines) == 13


def test_pictures_beside_each_other_share_the_bytes_that_one_may_take() -> None:
    assert limit_here(100_000, "sixel", False, False, 1) == 100_000
    assert limit_here(100_000, "kitty", True, False, 4) == 50_000
    assert limit_here(100_000, "iterm2", True, True, 2) == 25_000
    assert limit_here(100_000, "quadrant", True, True, 4) == 100_000
