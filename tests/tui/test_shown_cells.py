"""Only what differs is sent, and the terminal shows the same as if all of it were."""

import random
import re

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from bddseg_tui.tui.terminal.raw_strip import CoveredStrip, RawStrip
from bddseg_tui.tui.terminal.shown_cells import ChangedCells, ShownCells

CONSOLE = Console(color_system="truecolor", force_terminal=True)
WIDTH, HEIGHT = 24, 4
CODE = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([0-9;]*)m|(.)", re.DOTALL)
Grid = dict[tuple[int, int], tuple[str, str]]


def written(grid: Grid, data: str) -> None:
    """Writes to a screen of (character, style) by place, as a terminal does."""
    x = y = 0
    style = ""
    for row, column, codes, char in CODE.findall(data):
        if row:
            y, x = int(row) - 1, int(column) - 1
        elif char:
            grid[y, x] = char, style
            x += 1
        else:
            style = "" if codes == "0" else codes


def strip(rng: random.Random, length: int) -> Strip:
    """Like what widgets draw: a few runs, of few styles, so that neighbours in time have much in common."""
    segments = []
    while length:
        run = rng.randint(1, min(6, length))
        segments.append(Segment(rng.choice("ab⣀") * run, Style(color=rng.choice(("red", "blue")))))
        length -= run
        if rng.random() < 0.2:
            segments.append(Segment("", Style(color="red")))
    return Strip(segments)


def test_after_any_updates_the_terminal_shows_what_was_drawn_last_everywhere() -> None:
    rng = random.Random(7)
    shown, terminal, wanted = ShownCells(), Grid(), Grid()
    for _ in range(400):
        y, x = rng.randrange(HEIGHT), rng.choice((0, 0, 0, 5, 9))
        part = strip(rng, rng.choice((4, 8, WIDTH - x)))
        written(terminal, shown.update(y, x, part, CONSOLE))
        written(wanted, f"\x1b[{y + 1};{x + 1}H{part.render(CONSOLE)}")
        assert terminal == wanted


def test_what_is_there_is_not_sent_again_and_of_a_line_only_what_is_new() -> None:
    shown = ShownCells()
    before = Strip([Segment("loss ", Style(bold=True)), Segment("⣀" * 30, Style(color="red")), Segment(" " * 20)])
    after = Strip([Segment("loss ", Style(bold=True)), Segment("⣀" * 32, Style(color="red")), Segment(" " * 18)])
    assert "loss" in shown.update(3, 2, before, CONSOLE)
    assert shown.update(3, 2, before, CONSOLE) == ""
    sent = shown.update(3, 2, after, CONSOLE)
    assert sent.startswith("\x1b[4;38H") and sent.count("⣀") == 2 and "loss" not in sent
    shown.forget()
    assert "loss" in shown.update(3, 2, after, CONSOLE)


def test_a_picture_that_is_there_is_not_sent_again_unless_something_was_written_over_it() -> None:
    shown = ShownCells()
    cells = RawStrip(lambda: [Segment("ab")], 2, ["\x1b[1mab"])
    assert "ab" in shown.update(0, 0, cells, CONSOLE)
    assert shown.update(0, 0, RawStrip(lambda: [Segment("ab")], 2, ["\x1b[1mab"]), CONSOLE) == ""


def test_a_sixel_is_sent_again_after_what_it_draws_on_was_written_to() -> None:
    shown, blank = ShownCells(), Strip([Segment("    ")])

    def draw() -> str:
        sixel = RawStrip(lambda: blank, 4, [Strip([Segment("    ")]), "sixel"], 2)
        return "".join(shown.update(y, 3, part, CONSOLE) for y, part in ((1, blank), (2, blank), (3, sixel)))

    assert "sixel" in draw() and draw() == ""
    # Beside it, and above.
    shown.update(2, 7, Strip([Segment("legend")]), CONSOLE)
    shown.update(0, 0, Strip([Segment("header")]), CONSOLE)
    assert draw() == ""
    shown.update(2, 5, Strip([Segment("toast")]), CONSOLE)
    assert "sixel" in draw() and draw() == ""
    shown.forget()
    assert "sixel" in draw()


def test_what_covers_a_part_of_a_line_is_gone_when_the_line_is_drawn_again() -> None:
    shown, terminal = ShownCells(), Grid()
    line, dialog = Strip([Segment("line" * 5)]), Strip([Segment("dialog")])
    for x, part in ((0, line), (7, dialog), (0, line)):
        written(terminal, shown.update(0, x, part, CONSOLE))
    assert "".join(terminal[0, x][0] for x in range(20)) == "line" * 5


def test_what_a_smaller_picture_leaves_of_the_one_before_is_blanked_and_nothing_else() -> None:
    shown, blank = ShownCells(), Strip([Segment(" " * 10)])
    assert shown.update(0, 0, blank, CONSOLE)
    assert not shown.update(0, 0, CoveredStrip(blank, (0, 10)), CONSOLE)
    assert not shown.update(0, 0, CoveredStrip(blank, (0, 10)), CONSOLE)
    assert " " * 10 in shown.update(0, 0, CoveredStrip(blank, (2, 6)), CONSOLE)
    assert " " * 10 in shown.update(0, 0, blank, CONSOLE)
    assert not shown.update(0, 0, blank, CONSOLE)


def test_where_a_code_of_eleven_numbers_is_lost_ink_and_paper_have_a_code_each() -> None:
    strip = Strip([Segment("chosen", Style(bold=True, color="#010203", bgcolor="#040506"))])
    update = LayoutUpdate([[strip]], Region(0, 0, 6, 1))
    assert "\x1b[1;38;2;1;2;3;48;2;4;5;6mchosen" in ChangedCells(update, ShownCells()).render_segments(CONSOLE)
    few = ChangedCells(update, ShownCells(few_parameters=True)).render_segments(CONSOLE)
    assert "\x1b[1;38;2;1;2;3m\x1b[48;2;4;5;6mchosen" in few
