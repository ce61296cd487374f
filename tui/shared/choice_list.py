"""Lines to choose from: only those in sight are made and drawn, so a thousand are as fast as ten.

Textual's OptionList measures each option before it draws one: 1,000 that are cleared and added at a letter take 70 ms.
"""

from collections.abc import Sequence

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip


class ChoiceList(ScrollView, can_focus=False):
    """Labels of one line each; `cursor` is the place of the one that is highlighted. Labels must be sanitized."""

    DEFAULT_CSS = """
    ChoiceList { height: auto; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    """
    COMPONENT_CLASSES = {"choices--cursor", "choices--dim"}
    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """A line was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: Sequence[str | Text] = ()
        self._empty = ""

    def show(self, labels: Sequence[str | Text], cursor: int = 0, empty: str = "nothing fits") -> None:
        """Shows these labels, with the cursor at a place; `empty` is said where there are none."""
        self._labels, self._empty = labels, empty
        self._measure()
        self.set_reactive(ChoiceList.cursor, self.validate_cursor(cursor))
        self._show_cursor()
        self.refresh(layout=True)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._labels)

    def label(self, place: int) -> str:
        """The text of a line."""
        return str(self._labels[place])

    def move(self, by: int) -> None:
        """Moves the cursor; it stops at the ends."""
        self.cursor += by

    def validate_cursor(self, cursor: int) -> int:
        """The nearest place that exists."""
        return max(0, min(cursor, len(self._labels) - 1))

    def watch_cursor(self) -> None:
        """Scrolls the cursor into view."""
        self._show_cursor()
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """In lines."""
        return max(1, len(self._labels))

    def on_mount(self) -> None:
        """Tells the scroll bar how many lines there are."""
        self._measure()

    def on_resize(self) -> None:
        """Keeps the cursor in view."""
        self._measure()
        self._show_cursor()

    def on_click(self, event: events.Click) -> None:
        """Chooses the line."""
        place = event.y + self.scroll_offset.y
        if place < len(self._labels):
            self.cursor = place
            self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        width, place = self.scrollable_content_region.width, y + self.scroll_offset.y
        style = self.rich_style
        if place >= len(self._labels):
            text = self._empty if not self._labels and y == 0 else ""
            dim = style + self.get_component_rich_style("choices--dim", partial=True)
            return Strip([Segment(text, dim)]).adjust_cell_length(width, style)
        if place == self.cursor:
            style = style + self.get_component_rich_style("choices--cursor", partial=True)
        label = self._labels[place]
        text_ = label.copy() if isinstance(label, Text) else Text(label)
        text_.no_wrap, text_.end = True, ""
        text_.truncate(width, overflow="ellipsis")
        segments = Segment.apply_style(text_.render(self.app.console), style)
        return Strip(segments).adjust_cell_length(width, style)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._labels))

    def _show_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True, immediate=True)
