"""The legend: classes with their colour, name and share of an image, those that occur first; a click highlights one."""

from typing import cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES, UNKNOWN
from bddseg_tui.core.data.painting import hatched
from bddseg_tui.tui.shared.format import share
from bddseg_tui.tui.shared.picture_app import PictureApp
from bddseg_tui.tui.terminal.class_colors import class_palette

WITH_ID, ENTRY, SHORT_ENTRY = 26, 22, 18
"""Cells of an entry: with the class's id, with its whole name, and with a short one."""
_SHORT_NAMES = {
    "traffic light": "tr. light",
    "traffic sign": "tr. sign",
    "vegetation": "vegetat.",
    "motorcycle": "motorcyc.",
}
Shares = tuple[float | None, ...]
NO_SHARES: Shares = (None,) * NUM_CLASSES


def by_share(shares: Shares) -> list[int]:
    """Class ids, the largest share first; those that do not occur come last, by id."""
    return sorted(range(NUM_CLASSES), key=lambda i: (-(shares[i] or 0.0), i))


def grid_size(width: int, height: int) -> tuple[int, int]:
    """(rows, columns) of entries; their names are short where that gives all classes, or more of them, a place."""
    columns = max(1, width // ENTRY)
    if columns * height < NUM_CLASSES:
        columns = max(columns, width // SHORT_ENTRY)
    return max(1, min(height, -(-NUM_CLASSES // columns))), columns


def entries(shares: Shares, chosen: int | None, places: int) -> tuple[list[int], int]:
    """The classes that have a place, and how many of those that occur have none: these take the last place.

    The highlighted class always has one.
    """
    order = by_share(shares)
    there = sum(1 for value in shares if value)
    shown = order[: places if there <= places else places - 1]
    if chosen is not None and chosen not in shown:
        shown = [*shown[:-1], chosen]
    return shown, sum(1 for i in order[:there] if i not in shown)


class Legend(Widget):
    """In columns beside each other, one where it is narrow."""

    COMPONENT_CLASSES = {"legend--dim", "legend--chosen"}

    class Chosen(Message):
        """A class was clicked."""

        def __init__(self, class_id: int) -> None:
            super().__init__()
            self.class_id = class_id

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shares: Shares = NO_SHARES
        self._chosen: int | None = None

    def show(self, shares: Shares, chosen: int | None) -> None:
        """Shows the shares (0..100) of an image's classes; `chosen` is the highlighted class."""
        if (shares, chosen) != (self._shares, self._chosen):
            self._shares, self._chosen = shares, chosen
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """In lines, so that each class has a place."""
        return grid_size(width, NUM_CLASSES)[0]

    def render_line(self, y: int) -> Strip:
        """Classes go down the first column, then down the next."""
        width, style = self.size.width, self.rich_style
        rows, columns = grid_size(width, self.size.height)
        if y >= rows:
            return Strip.blank(width, style)
        shown, left_out = entries(self._shares, self._chosen, rows * columns)
        each = width // columns
        segments: list[Segment] = []
        for column in range(columns):
            place = column * rows + y
            if place < len(shown):
                segments += self._entry(shown[place], each, style)
            else:
                more = f"   +{left_out} more" if left_out and place == len(shown) else ""
                segments.append(Segment(more.ljust(each), style + self._part("legend--dim")))
        return Strip(segments).adjust_cell_length(width, style)

    def _entry(self, class_id: int, width: int, style: Style) -> list[Segment]:
        c, value, chosen = CLASSES[class_id], self._shares[class_id], class_id == self._chosen
        if chosen:
            text_style = style + self._part("legend--chosen")
        else:
            text_style = style if value else style + self._part("legend--dim")
        # The black of unknown would not be seen; pictures hatch it too.
        is_hatched = class_id in hatched(class_palette(cast(PictureApp, self.app).color_count))
        swatch = Segment("▚▚" if is_hatched else "██", style + Style(color="rgb({},{},{})".format(*c.color)))
        if class_id == UNKNOWN:
            swatch = Segment("╱╱", style + self._part("legend--dim"))
        mark = Segment("▶" if chosen else " ", text_style)
        figure = share(value) if value else ""
        if width < ENTRY:
            # Not by colour alone: the figure goes without its last digit rather than the name.
            label, figure, cells = _SHORT_NAMES.get(c.name, c.name), figure[:4].rstrip("."), 4
        else:
            label, cells = f"{c.id:>2} {c.name}" if width >= WITH_ID else c.name, 4 if width == ENTRY else 5
            figure += "%" if figure and cells > 4 else ""
        room = max(1, width - 5 - cells)
        return [mark, swatch, Segment(f" {label[:room]:<{room}} {figure:>{cells}}", text_style)]

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def on_click(self, event: events.Click) -> None:
        """Posts `Chosen` with the class."""
        rows, columns = grid_size(self.size.width, self.size.height)
        place = event.x // max(1, self.size.width // columns) * rows + event.y
        shown, _ = entries(self._shares, self._chosen, rows * columns)
        if event.y < rows and place < len(shown):
            self.post_message(self.Chosen(shown[place]))
