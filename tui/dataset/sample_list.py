"""The list of samples: draws only the rows in sight and loads them by page, so 100,000 are as fast as ten.

Textual's DataTable takes 1.9 s to mount 10,000 rows, OptionList 0.4 s.
"""

import asyncio
from array import array
from collections.abc import Callable, Sequence
from textwrap import wrap

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.catalog_lookup import PAGE
from bddseg_tui.tui.dataset.commands import LIST
from bddseg_tui.tui.dataset.marks import Marks
from bddseg_tui.tui.dataset.sample_row import Column, figure_of, name_and_flags
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.worker_errors import tell_failure

ROOMY = 27
"""Cells of a row that has one to spare."""
LoadRows = Callable[[list[int]], list[Row]]


class SampleList(ScrollView, can_focus=True):
    """Rows of samples by catalog id. `column` is what the figure on the right is of."""

    DEFAULT_CSS = "SampleList { scrollbar-size-vertical: 1; scrollbar-gutter: stable; }"
    COMPONENT_CLASSES = {"list--cursor", "list--cursor-blurred", "list--dim", "list--problem"}
    ACTIONS = LIST
    BINDINGS = bindings(LIST)
    cursor: reactive[int] = reactive(0, repaint=False)

    class Highlighted(Message):
        """The cursor is on another sample; `row` is None when the list is empty."""

        def __init__(self, row: Row | None, index: int) -> None:
            super().__init__()
            self.row, self.index = row, index

    class Opened(Message):
        """A sample was clicked twice."""

    class Loaded(Message):
        """More is known of some of the samples, or others are marked."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._ids: array[int] = array("q")
        self._rows: dict[int, Row] = {}
        self._asked: set[int] = set()
        self._load: LoadRows = lambda ids: []
        self._generation = 0
        self._told: int | None = None
        self.marks = Marks()
        """What is marked, listed or not."""
        self.column: Column = "split"
        self.confidence: dict[int, float] = {}
        """By sample, how surely it fits what was searched for; shown where `column` is `fits`."""
        self.empty_text = ""
        self.arrows_taken = False
        """Whether the arrow keys are somebody else's just now."""

    def compose(self) -> ComposeResult:
        """No widgets: the rows are drawn."""
        return iter(())

    def show_ids(
        self, ids: "array[int]", load: LoadRows, keep: int | None = None, first: Sequence[Row] | None = None
    ) -> None:
        """Shows these samples; the cursor goes to the sample `keep`, if it is among them, else to the first.

        What is known of `keep` stays until it is read again, as keys may be on their way to it. `first` is the first
        page, where it was read with the ids.
        """
        self._generation += 1
        self._ids, self._load = ids, load
        self._rows = {i: row for i, row in self._rows.items() if i == keep}
        self._asked.clear()
        if first is not None:
            self._rows.update((row.id, row) for row in first)
            self._asked.add(0)
        self._told = None
        self.virtual_size = Size(self.size.width, len(ids))
        place = ids.index(keep) if keep is not None and keep in ids else 0
        self.set_reactive(SampleList.cursor, place)
        self._show_cursor()
        if place // PAGE in self._asked:
            self._tell()
        else:
            self._ask(place // PAGE)
        self.refresh()
        if not ids:
            self.post_message(self.Highlighted(None, 0))

    def reload(self) -> None:
        """Reads the rows again, since what is known of them changed; until then those around the cursor stay."""
        page = self.cursor // PAGE
        near = set(self._ids[page * PAGE : (page + 1) * PAGE])
        self._rows = {i: row for i, row in self._rows.items() if i in near}
        self._asked.clear()
        self._ask(page)
        self.refresh()

    def set_marks(self, marks: Marks) -> None:
        """Marks these samples and no others."""
        self.marks = marks
        self.refresh()
        self.post_message(self.Loaded())

    @property
    def ids(self) -> "array[int]":
        """The samples that are listed, in their order; not to be changed."""
        return self._ids

    @property
    def count(self) -> int:
        """How many samples are listed."""
        return len(self._ids)

    @property
    def sample(self) -> int | None:
        """The id of the sample under the cursor, loaded or not."""
        return self._ids[self.cursor] if self._ids else None

    @property
    def row(self) -> Row | None:
        """The sample under the cursor, once it is loaded."""
        return self.row_at(self.cursor)

    def row_at(self, index: int) -> Row | None:
        """The sample at a place, if it is loaded."""
        return self._rows.get(self._ids[index]) if 0 <= index < len(self._ids) else None

    def beyond(self, by: int) -> "tuple[array[int], LoadRows]":
        """The ids behind the cursor (1) or before it (-1), the nearest first, and what reads them."""
        here = self.cursor
        return (self._ids[here + 1 :] if by > 0 else self._ids[:here][::-1]), self._load

    def go_to(self, sample: int) -> None:
        """Puts the cursor on a sample, if it is listed."""
        if sample in self._ids:
            self.cursor = self._ids.index(sample)

    def rows_at(self, first: int, count: int) -> list[Row | None]:
        """The samples at `count` places; what is not loaded is None, and is asked for."""
        last = min(first + count, len(self._ids))
        for page in range(first // PAGE, -(-last // PAGE)):
            self._ask(page)
        return [self.row_at(place) for place in range(first, last)]

    def validate_cursor(self, cursor: int) -> int:
        """Within the list."""
        return max(0, min(cursor, len(self._ids) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Scrolls to the cursor and tells of its sample."""
        self._show_cursor()
        self._tell()
        self.refresh_line(before)
        self.refresh_line(cursor)

    def render_line(self, y: int) -> Strip:
        """A row; dots while it is being loaded."""
        width, index = self.scrollable_content_region.width, y + self.scroll_offset.y
        base = self.rich_style
        if index >= len(self._ids):
            lines = wrap(self.empty_text, max(10, width - 3)) if not self._ids else []
            text = lines[y - 1] if 1 <= y <= len(lines) else ""
            return Strip([Segment(f"  {text}"[:width].ljust(width), base + self._part("list--dim"))], width)
        row = self._rows.get(self._ids[index])
        if row is None:
            self._ask(index // PAGE)
            # The cursor is there at once, whatever the disk does.
            style = base + self._part("list--cursor" if index == self.cursor else "list--dim")
            return Strip([Segment(("▌ …" if index == self.cursor else "  …").ljust(width), style)], width)
        return self.draw(row, width, base, index == self.cursor, self.has_focus)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves the arrow keys to whoever has taken them."""
        return not (action == "along" and self.arrows_taken)

    def action_along(self, by: int) -> None:
        """Goes on by so many samples."""
        self.action_move(by)

    def action_move(self, by: int) -> None:
        """Goes on by so many samples."""
        self.cursor += by

    def action_page(self, way: int) -> None:
        """Goes on by a page, down (1) or up (-1)."""
        self.cursor += way * max(1, self.size.height - 1)

    def action_go(self, place: int) -> None:
        """Goes to a place; -1 is the last."""
        self.cursor = place if place >= 0 else len(self._ids) - 1

    def on_click(self, event: events.Click) -> None:
        """Goes to the row; a second click opens it."""
        self.cursor = event.y + self.scroll_offset.y
        if event.chain == 2:
            self.post_message(self.Opened())

    def on_resize(self) -> None:
        """Fits the scroll bar."""
        self.virtual_size = Size(self.size.width, len(self._ids))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    def on_focus(self) -> None:
        """Draws the cursor as one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Draws the cursor as one that keys do not move."""
        self.refresh()

    def draw(self, row: Row, width: int, base: Style, at_cursor: bool, focused: bool) -> Strip:
        """The line of a sample, in `width` cells."""
        value = self.figure(row)
        figure = f" {value:>{5 if self.column == 'split' else 4}}" if value and width >= self._fewest else ""
        margin = " " if width >= ROOMY else ""
        shown, flags = name_and_flags(row, max(0, width - 2 - len(figure) - len(margin)))
        style = base
        if at_cursor:
            style = base + self._part("list--cursor" if focused else "list--cursor-blurred")
        dim = style if at_cursor else base + self._part("list--dim")
        mark = style if at_cursor or not row.problem else base + self._part("list--problem")
        segments = [
            Segment(self._sign(row, at_cursor), style),
            Segment(shown, style),
            Segment(flags, mark),
            Segment(figure + margin, dim if self.column == "split" else style),
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _sign(self, row: Row, at_cursor: bool) -> str:
        marked = row.id in self.marks
        return ("▌●" if marked else "▌ ") if at_cursor else ("● " if marked else "  ")

    @property
    def _fewest(self) -> int:
        """Cells of a row that has its figure: it is left out where the split, which the order tells, has no room."""
        return 26 if self.column == "split" else 12

    def figure(self, row: Row) -> str:
        """What the list is ordered by, of a sample."""
        return figure_of(row, self.column, self.confidence)

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def _show_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True, immediate=True)

    def _tell(self) -> None:
        """Says which sample is under the cursor, once its row is there and if it was not said already."""
        row = self.row
        # Half a page ahead, so that moving on rarely has to wait.
        for near in (self.cursor, self.cursor + PAGE // 2, self.cursor - PAGE // 2):
            if 0 <= near < len(self._ids):
                self._ask(near // PAGE)
        if row is not None and row.id != self._told:
            self._told = row.id
            self.post_message(self.Highlighted(row, self.cursor))

    def _ask(self, page: int) -> None:
        if page in self._asked or not self._ids:
            return
        self._asked.add(page)
        self._load_page(page, list(self._ids[page * PAGE : (page + 1) * PAGE]), self._load, self._generation)

    @work(group="rows", exit_on_error=False)
    async def _load_page(self, page: int, ids: list[int], load: LoadRows, generation: int) -> None:
        rows = await asyncio.to_thread(load, ids)
        if generation != self._generation:
            return
        self._rows.update((row.id, row) for row in rows)
        self.refresh()
        self.post_message(self.Loaded())
        if page == self.cursor // PAGE:
            self._told = None
            self._tell()
