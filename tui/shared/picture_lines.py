"""The lines of a widget that shows a picture: the picture in the middle, or a message."""

from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip

from bddseg_tui.tui.shared.drawing import Drawn
from bddseg_tui.tui.terminal.raw_strip import CoveredStrip, RawStrip, joined


def corner(drawn: Drawn, size: Size) -> tuple[int, int]:
    """The cell (x, y) of a widget of this size that the picture begins in."""
    return (size.width - drawn.cells[0]) // 2, (size.height - drawn.cells[1]) // 2


def fits(drawn: Drawn, size: Size) -> bool:
    """Whether it was drawn for a widget that was no larger."""
    return drawn.cells[0] <= size.width and drawn.cells[1] <= size.height


def picture_lines(drawn: Drawn, size: Size, paper: Style) -> list[Strip]:
    """All lines of a widget of this size; blank ones where the picture was drawn for a larger one."""
    blank = Strip.blank(size.width, paper)
    if not fits(drawn, size):
        return [blank] * size.height
    left, top = corner(drawn, size)
    lines = [blank] * size.height
    for y, strip in enumerate(drawn.strips[: drawn.cells[1]]):
        right = size.width - left - strip.cell_length
        lines[top + y] = joined([Strip.blank(left, paper), strip, Strip.blank(right, paper)])
    return lines


def raster_lines(drawn: Drawn, region: Region, paper: Style) -> list[Strip]:
    """Blank cells, and the picture with the last of them, so that they are there before it.

    `region` is the widget's on the screen.
    """
    blank = Strip.blank(region.width, paper)
    left, top = corner(drawn, region.size)
    start = Control.move_to(region.x + left, region.y + top).segment.text
    end = Control.move_to(region.right, region.bottom - 1).segment.text
    last = RawStrip(lambda: blank, region.width, [blank, start, drawn.raster, end], region.height - 1)
    beside, within = CoveredStrip(blank, (0, 0)), CoveredStrip(blank, (left, drawn.cells[0]))
    lines = [within if top <= y < top + drawn.cells[1] else beside for y in range(region.height - 1)]
    return [*lines, last]


def message_lines(message: str, size: Size, paper: Style, console: Console) -> list[Strip]:
    """The message in the middle of a widget of this size."""
    style = paper + Style(dim=True)
    wrapped = Text(message, style=style, justify="center").wrap(console, max(10, size.width - 4))
    first = max(0, (size.height - len(wrapped)) // 2)
    lines = []
    for y in range(size.height):
        line = wrapped[y - first].plain.strip() if first <= y < first + len(wrapped) else ""
        lines.append(Strip([Segment(line.center(size.width), style)], size.width))
    return lines
