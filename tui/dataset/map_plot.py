"""The map of embeddings in dots, with a cursor, and a box that is drawn from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.core.data.map_points import MapColors, MapPoints
from bddseg_tui.tui.dataset.map_raster import Box, MapRaster, MapWindow, rasterise

_FEW = (
    *("#4da3ff", "#ff9f40", "#4fc878", "#e86fc5", "#c9b037", "#9a7dff"),
    *("#37c8c3", "#ff6b6b", "#a3d65c", "#c08457", "#7f9fb5", "#8a8f98"),
)
"""Of groups that have names; a cell's group is also said in words for the cursor, and one at a time stands out (n)."""
_STEPS = ("#5b5fc7", "#3a8fd0", "#27b39c", "#7cc452", "#e2c033", "#ff8a3d", "#ff5050")
"""Of numbers, from the lowest on."""
_NONE = "#6f7782"


@dataclass(frozen=True, eq=False)
class ShownMap:
    """What is drawn: points, what they are coloured by, and the one group that stands out, if one does."""

    points: MapPoints
    colors: MapColors
    only: int | None = None

    def color(self, group: int) -> str:
        """The colour of a group, `#rrggbb`."""
        name = self.colors.names[group]
        if name in ("0 %", "not known", "no tag", "others", "none"):
            return _NONE
        if self.colors.ordered:
            first = 1 if "0 %" in self.colors.names else 0
            known = sum(1 for n in self.colors.names if n not in ("0 %", "not known"))
            return _STEPS[round((group - first) * (len(_STEPS) - 1) / max(1, known - 1))]
        return _FEW[group % len(_FEW)]


class MapPlot(Widget):
    """Moves its cursor by cells; the window follows. The mouse does the same: a click, a drag for a box, the wheel."""

    can_focus = True
    DEFAULT_CSS = "MapPlot { width: 1fr; height: 1fr; }"
    COMPONENT_CLASSES = {"map--cursor", "map--box"}

    class Moved(Message):
        """The cursor, the window or the box is another."""

    def __init__(self, *, braille: bool = True, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._braille = braille
        self._shown: ShownMap | None = None
        self._window = MapWindow(1, 1)
        self._cursor = (0, 0)
        self._corner: tuple[float, float] | None = None
        self._raster: MapRaster | None = None
        self._strips: dict[int, Strip] = {}
        self._pressed = False

    # -- what is asked of it ---------------------------------------------------------------------------------

    def show(self, shown: ShownMap | None) -> None:
        """Shows a map, or none; the cursor and the window stay."""
        self._shown = shown
        self._forget()
        self.refresh()

    @property
    def shown(self) -> ShownMap | None:
        """The map that is shown."""
        return self._shown

    @property
    def box(self) -> Box | None:
        """The box from where it was begun to the cursor, in parts of the map."""
        if self._corner is None:
            return None
        return self._window.box(self._window.cell(*self._corner), self._cursor)

    @property
    def here(self) -> Box:
        """The part of the map under the cursor."""
        return self._window.box(self._cursor, self._cursor)

    @property
    def zoom(self) -> float:
        """How many times nearer than the whole map it is."""
        return self._window.zoom

    def move(self, columns: int, rows: int) -> None:
        """Moves the cursor; beyond the edge the window goes on."""
        column, row = self._cursor[0] + columns, self._cursor[1] + rows
        inside = min(max(0, column), self._window.columns - 1), min(max(0, row), self._window.rows - 1)
        before, self._cursor = self._cursor, inside
        if inside == (column, row) and self._corner is None:
            # All but the lines that the cursor leaves and comes to stays as it is.
            self.refresh(*(Region(0, y, self.size.width, 1) for y in {before[1], row}))
            self.post_message(self.Moved())
        else:
            self._see(self._window.panned(column - inside[0], row - inside[1]))

    def go_to(self, x: float, y: float) -> None:
        """Puts the cursor over a place of the map."""
        column, row = self._window.cell(x, y)
        self.move(column - self._cursor[0], row - self._cursor[1])

    def zoom_by(self, factor: float) -> None:
        """Nearer or farther, about the cursor; 0 for the whole map."""
        about = self._window.at(self._cursor[0] + 0.5, self._cursor[1] + 0.5)
        window = self._window.zoomed(factor or 1e-9, about)
        column, row = window.cell(*about)
        self._cursor = min(max(0, column), window.columns - 1), min(max(0, row), window.rows - 1)
        self._see(window)

    def begin_box(self) -> None:
        """Begins a box at the cursor, or lets go of the one there is."""
        at = self._window.at(self._cursor[0] + 0.5, self._cursor[1] + 0.5)
        self._corner = at if self._corner is None else None
        self._tell()

    def end_box(self) -> None:
        """Lets go of the box."""
        self._corner = None
        self._tell()

    def _see(self, window: MapWindow) -> None:
        if window != self._window:
            self._window = window
            self._forget()
        self._tell()

    def _forget(self) -> None:
        """What was drawn is of another map or window."""
        self._raster = None
        self._strips.clear()

    def _tell(self) -> None:
        self.refresh()
        self.post_message(self.Moved())

    # -- events ----------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Keeps the middle, and puts the cursor there at first."""
        first = self._window.columns == 1
        size = event.size
        self._window = self._window.resized(max(1, size.width), max(1, size.height))
        self._forget()
        middle = size.width // 2, size.height // 2
        self._cursor = (
            middle if first else (min(self._cursor[0], size.width - 1), min(self._cursor[1], size.height - 1))
        )
        self._tell()

    def notify_style_update(self) -> None:
        """Another theme: its colours are in what was drawn."""
        super().notify_style_update()
        self._strips.clear()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Puts the cursor there; what follows may be a box."""
        self._corner, self._pressed = None, True
        self.capture_mouse()
        self.move(event.x - self._cursor[0], event.y - self._cursor[1])

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draws the box while the button is held."""
        if self._pressed and (event.x, event.y) != self._cursor:
            if self._corner is None:
                self.begin_box()
            self.move(event.x - self._cursor[0], event.y - self._cursor[1])

    def on_mouse_up(self) -> None:
        """The box is as it is."""
        self._pressed = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Nearer, about what is under the mouse."""
        self._scroll(event, 1.5)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther."""
        self._scroll(event, 1 / 1.5)

    def _scroll(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        self._cursor = min(max(0, event.x), self._window.columns - 1), min(max(0, event.y), self._window.rows - 1)
        self.zoom_by(factor)

    # -- drawing ---------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Dots in the colour of the group that has most of them in a cell; cursor and box over them."""
        width, style = self.size.width, self.rich_style
        shown = self._shown
        if shown is None or y >= self._window.rows:
            return Strip.blank(width, style)
        if (strip := self._strips.get(y)) is None:
            strip = self._strips[y] = self._drawn_line(shown, y, style)
        for first, text, part in self._over(y):
            strip = _laid_over(strip, first, text, style + self._part(part))
        return strip

    def _drawn_line(self, shown: ShownMap, y: int, style: Style) -> Strip:
        """The dots of a line, without what lies over them."""
        if self._raster is None:
            colors = shown.colors
            self._raster = rasterise(shown.points.places, colors.groups, len(colors.names), self._window, shown.only)
        bits, groups = self._raster.bits[y], self._raster.groups[y]
        return Strip(_runs(self._letters(bits), groups, self._styles(shown, style), style), self.size.width)

    def _letters(self, bits: NDArray[np.uint8]) -> str:
        if self._braille:
            return "".join(chr(0x2800 + b) if b else " " for b in bits.tolist())
        return "".join(" .:+*#@"[min(6, (b.bit_count() * 7 + 7) // 8)] if b else " " for b in bits.tolist())

    def _styles(self, shown: ShownMap, style: Style) -> Sequence[Style]:
        paper = self.background_colors[1]
        ink = Color.parse("white" if paper.brightness < 0.5 else "black")
        dim = style + Style(color=paper.blend(ink, 0.2).rich_color)
        return [
            style + Style(color=shown.color(g)) if shown.only in (None, g) else dim
            for g in range(len(shown.colors.names))
        ]

    def _over(self, y: int) -> list[tuple[int, str, str]]:
        """What lies over the dots of a line: (column, text, style), the cursor last."""
        found: list[tuple[int, str, str]] = []
        column, row = self._cursor
        if self._corner is not None:
            c, r = self._window.cell(*self._corner)
            (left, right), (top, bottom) = sorted((c, column)), sorted((r, row))
            if y in (top, bottom):
                ends = "┌┐" if y == top else "└┘"
                found.append(
                    (left, f"{ends[0]}{'─' * max(0, right - left - 1)}{ends[1]}"[: right - left + 1], "map--box")
                )
            elif top < y < bottom:
                found += [(left, "│", "map--box"), (right, "│", "map--box")]
        if y == row:
            found.append((column, "", "map--cursor"))
        return found

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def with_group(shown: ShownMap, by: int) -> ShownMap:
    """The same map with the next group (or the one before) standing out; after the last none does."""
    count = len(shown.colors.names)
    place = (count if shown.only is None else shown.only) + by
    place %= count + 1
    return replace(shown, only=None if place == count else place)


def _runs(letters: str, groups: NDArray[np.int64], styles: Sequence[Style], blank: Style) -> list[Segment]:
    """One segment for each run of cells of a group."""
    ends = [*(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(letters)]
    segments, start = [], 0
    for end in ends:
        group = int(groups[start])
        segments.append(Segment(letters[start:end], styles[group] if group >= 0 else blank))
        start = end
    return segments


def _laid_over(strip: Strip, first: int, text: str, style: Style) -> Strip:
    """A strip with a text over it; without a text, what is there in another style."""
    width = strip.cell_length
    if first + max(1, len(text)) <= 0 or first >= width:
        return strip
    text = text[max(0, -first) :]
    first = max(0, first)
    text = text[: width - first]
    last = first + (len(text) or 1)
    under = strip.crop(first, last).text
    return Strip.join([strip.crop(0, first), Strip([Segment(text or under, style)]), strip.crop(last, width)])
