"""The list as thumbnails: one screen of them at a time, so that only what is in sight is read and drawn.

It shows what `SampleList` holds, and moves its cursor: filter, order, marks, tags and figures are the list's.
"""

from dataclasses import dataclass, replace
from typing import cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.dataset.commands import GRID
from bddseg_tui.tui.dataset.picture_layout import DRIVING, columns_a_row
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.view_state import ViewState, request
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.messages import WorkFailed
from bddseg_tui.tui.shared.newest_first import NewestFirst
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture_app import PictureApp
from bddseg_tui.tui.shared.thumbnail_view import ThumbnailView

USUAL, LEAST, NARROWEST = 26, 20, 12
"""Columns of a thumbnail; LEAST unless a person wants smaller ones."""


@dataclass(frozen=True)
class Shape:
    """Thumbnails beside and below each other, and the cells of each with its line and the gap beside it."""

    columns: int
    rows: int
    width: int
    height: int

    @property
    def places(self) -> int:
        """How many are on the screen."""
        return self.columns * self.rows


def shape(size: Size, aspect: float, larger: int = 0) -> Shape:
    """How thumbnails fill a room of (width, height) cells.

    Args:
        size: of the room.
        aspect: columns of a picture for each of its rows.
        larger: how many fewer than usual are beside each other.
    """
    usual = max(1, round(size.width / USUAL))
    choices = [_of_columns(size, aspect, columns) for columns in (usual, usual - 1, usual + 1) if columns > 0]
    best = max(choices, key=lambda s: (s.width >= LEAST) * s.places * (s.width - 1) ** 2 / aspect)
    return _of_columns(size, aspect, max(1, min(size.width // NARROWEST, best.columns - larger))) if larger else best


def _of_columns(size: Size, aspect: float, columns: int) -> Shape:
    width = max(2, size.width // columns)
    height = max(2, min(round((width - 1) / aspect) + 1, size.height))
    return Shape(columns, max(1, size.height // height), width, height)


class Line(Widget):
    """The line of the list for a sample, below its thumbnail."""

    DEFAULT_CSS = "Line { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        self._samples: SampleList | None = None
        self._at_cursor = False

    def show(self, samples: SampleList, row: Row | None, at_cursor: bool) -> None:
        """Shows a sample's line, as the list draws it."""
        self._samples, self._row, self._at_cursor = samples, row, at_cursor
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The list's line."""
        if self._samples is None or self._row is None:
            return Strip.blank(self.size.width, self.rich_style)
        return self._samples.draw(self._row, self.size.width, self.rich_style, self._at_cursor, True)


class Thumbnail(Container):
    """A picture above its line."""

    DEFAULT_CSS = "Thumbnail { layout: vertical; }"

    def __init__(self, threads: NewestFirst) -> None:
        super().__init__()
        self.picture, self.line = ThumbnailView(threads), Line()

    def compose(self) -> ComposeResult:
        """The picture above its line."""
        yield self.picture
        yield self.line


class _GridLayout(Layout):
    name = "thumbnails"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, Grid)
        shape, placements, number = parent.shape(size), [], 0
        for child in children:
            if isinstance(child, Thumbnail):
                x, y = number % shape.columns * shape.width, number // shape.columns * shape.height
                region = Region(x, y, shape.width - 1, shape.height) if number < shape.places else Region()
                number += 1
            else:
                region = Region(0, max(0, size.height - 1), size.width, 1)
            placements.append(WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, child))
        return placements


class Grid(Container, can_focus=True):
    """Goes on by whole screens: a step within one sends a few bytes, where each picture is sent once."""

    ACTIONS = GRID
    BINDINGS = bindings(GRID)

    class Opened(Message):
        """A thumbnail was clicked twice."""

    class Left(Message):
        """The list is wanted again."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._threads = NewestFirst(lambda error: self.post_message(WorkFailed(error)))
        self._layout = _GridLayout()
        self._samples: SampleList | None = None
        self._state = ViewState()
        self._larger = 0
        self._image_shape: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        """The line below; thumbnails are made for the room that there is."""
        yield OneLine(id="grid-status")

    @property
    def layout(self) -> Layout:
        """As many thumbnails as there is room for."""
        return self._layout

    def shape(self, size: Size) -> Shape:
        """How thumbnails fill a room, which has a line below them."""
        room = Size(size.width, max(0, size.height - 1))
        return shape(room, columns_a_row(self._image_shape or DRIVING, cast(PictureApp, self.app).cell), self._larger)

    def follow(self, samples: SampleList, state: ViewState) -> None:
        """Shows the screen that the list's cursor is on, in this view."""
        self._samples, self._state = samples, state
        if self.display and self.size.area:
            self._show()

    def say(self, text: str) -> None:
        """Shows a text below."""
        self.query_one("#grid-status", OneLine).update(text)

    def forget_shape(self) -> None:
        """The images are of another dataset from now on."""
        self._image_shape = None

    def on_resize(self) -> None:
        """Fits the number of thumbnails."""
        if self._samples is not None and self.display:
            self._show()

    def _show(self) -> None:
        samples = self._samples
        if samples is None:
            return
        if self._image_shape is None and (row := samples.row) is not None and row.width and row.height:
            self._image_shape = row.width, row.height
            self._arrange_anew()
        places = self.shape(self.size).places
        first = samples.cursor // places * places
        rows = samples.rows_at(first, places)
        # The last is asked for first: what is asked for last is drawn first.
        for number, thumbnail in reversed(list(enumerate(self._thumbnails(places)))):
            row = rows[number] if number < len(rows) else None
            thumbnail.picture.of_many = places
            waits = "…" if number < len(rows) else ""
            message = samples.empty_text if not samples.count and not number else waits
            wanted = None if row is None else _request(row, self._state)
            thumbnail.picture.show_thumbnail(wanted, message)
            thumbnail.line.show(samples, row, first + number == samples.cursor)

    def _arrange_anew(self) -> None:
        # What is kept of a widget's layout goes when one of its children asks for another.
        self.query_one("#grid-status").refresh(layout=True)

    def _thumbnails(self, places: int) -> list[Thumbnail]:
        """As many thumbnails; those that there are too many of go."""
        there = [child for child in self.children if isinstance(child, Thumbnail)]
        new = [Thumbnail(self._threads) for _ in range(len(there), places)]
        if new:
            self.mount_all(new)
        for thumbnail in there[places:]:
            thumbnail.remove()
        return [*there[:places], *new]

    def _go(self, place: int) -> None:
        if self._samples is not None:
            self._samples.cursor = place
            self._show()

    @property
    def _cursor(self) -> int:
        return self._samples.cursor if self._samples is not None else 0

    def action_move(self, by: int) -> None:
        """Goes on by so many samples."""
        self._go(self._cursor + by)

    def action_row(self, by: int) -> None:
        """Goes down or up by rows, where there are any."""
        columns, count = self.shape(self.size).columns, self._samples.count if self._samples is not None else 0
        target = self._cursor // columns + by
        if 0 <= target <= (count - 1) // columns:
            self._go(self._cursor + by * columns)

    def action_page(self, way: int) -> None:
        """Goes on or back by a screen."""
        self._go(self._cursor + way * self.shape(self.size).places)

    def action_go(self, place: int) -> None:
        """Goes to a place; -1 is the last."""
        if self._samples is not None:
            self._go(place if place >= 0 else self._samples.count - 1)

    def action_size(self, by: int) -> None:
        """Shows fewer and larger thumbnails, or more and smaller ones."""
        before = self.shape(self.size).columns
        self._larger += by
        if self.shape(self.size).columns == before:
            self._larger -= by
        self._arrange_anew()
        self._show()

    def action_leave(self) -> None:
        """Wants the list again."""
        self.post_message(self.Left())

    def on_click(self, event: events.Click) -> None:
        """Goes to the thumbnail; a second click opens it."""
        places = self.shape(self.size).places
        for number, thumbnail in enumerate(self._thumbnails(places)):
            if event.widget is not None and thumbnail in event.widget.ancestors_with_self:
                self._go(self._cursor // places * places + number)
                if event.chain == 2:
                    self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        """Goes on by a screen."""
        self.action_page(1)

    def on_mouse_scroll_up(self) -> None:
        """Goes back by a screen."""
        self.action_page(-1)


def _request(row: Row, state: ViewState) -> PictureRequest:
    """All of a sample, in this view."""
    return replace(request(row, state), viewport=None, cross=None)
