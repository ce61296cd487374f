"""The legend: every class with its colour, id, name and share of this image; a click highlights it."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.tui.shared.format import share

SHORT_ENTRY = 22


class Legend(Widget):
    """One line a class where there is room for 20; columns beside each other where there is not."""

    COMPONENT_CLASSES = {"legend--dim", "legend--chosen"}

    class Chosen(Message):
        """A class was clicked."""

        def __init__(self, class_id: int) -> None:
            super().__init__()
            self.class_id = class_id

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shares: tuple[float | None, ...] = (None,) * NUM_CLASSES
        self._chosen: int | None = None

    def show(self, shares: tuple[float | None, ...], chosen: int | None) -> None:
        """Shows the shares (0..100) of an image's classes; `chosen` is the highlighted class."""
        self._shares, self._chosen = shares, chosen
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """In lines, with as many columns as fit."""
        return self._rows(width)

    def _rows(self, width: int) -> int:
        return -(-NUM_CLASSES // max(1, width // SHORT_ENTRY))

    def _grid(self) -> tuple[int, int]:
        """(rows, columns) at the size that the legend has."""
        width = self.size.width
        rows = max(1, min(self.size.height, NUM_CLASSES)) if width < 2 * SHORT_ENTRY else self._rows(width)
        return rows, -(-NUM_CLASSES // rows)

    def render_line(self, y: int) -> Strip:
        """Classes go down the first column, then down the next."""
        width, style = self.size.width, self.rich_style
        rows, columns = self._grid()
        if y >= rows:
            return Strip.blank(width, style)
        each = width // columns
        segments: list[Segment] = []
        for column in range(columns):
            index = column * rows + y
            segments += self._entry(index, each, style) if index < NUM_CLASSES else [Segment(" " * each, style)]
        return Strip(segments).adjust_cell_length(width, style)

    def _entry(self, index: int, width: int, style: Style) -> list[Segment]:
        c, value = CLASSES[index], self._shares[index]
        there = value is not None and value > 0
        text_style = style if there else style + self.get_component_rich_style("legend--dim", partial=True)
        if index == self._chosen:
            text_style = style + self.get_component_rich_style("legend--chosen", partial=True)
        swatch = style + Style(color="rgb({},{},{})".format(*c.color))
        label = f"{c.id:>2} {c.name}"
        figure = f"{share(value):>5}" + ("%" if value is not None else " ")
        room = width - 4 - len(figure) - 1
        line = f" {label[:room]:<{room}}{figure} "
        return [
            Segment("▶" if index == self._chosen else " ", text_style),
            Segment("██", swatch),
            Segment(line, text_style),
        ]

    def on_click(self, event: events.Click) -> None:
        """Posts `Chosen` with the class."""
        rows, columns = self._grid()
        index = event.x // max(1, self.size.width // columns) * rows + event.y
        if index < NUM_CLASSES:
            self.post_message(self.Chosen(index))
