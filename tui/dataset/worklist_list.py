"""The list beside the picture of a label error: a line an area, those around the cursor."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.quality.worklist import WorkItem
from bddseg_tui.tui.dataset.worklist_state import WorklistState
from bddseg_tui.tui.dataset.worklist_text import MARKS, swatch

_SHORT = {"traffic light": "tr. light", "traffic sign": "tr. sign", "vegetation": "vegetat.", "motorcycle": "motorcyc."}
_FIXED = 12
"""Cells of a line beside the names: mark, swatches, arrow and score."""


class WorklistList(Widget):
    """Draws a window of the list; posts `Chosen` for a line that was clicked."""

    COMPONENT_CLASSES = {"worklist--cursor", "worklist--dim"}
    ALLOW_SELECT = False

    class Chosen(Message):
        """A line was clicked: the area at this place of the list."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state: WorklistState | None = None

    def show(self, state: WorklistState) -> None:
        """Shows the list as it is now."""
        self._state = state
        self.refresh()

    @property
    def _first(self) -> int:
        """The place of the first line: the cursor is in the middle, as far as the ends allow."""
        assert self._state is not None
        last = max(0, len(self._state.listed) - self.size.height)
        return min(max(0, self._state.place - self.size.height // 2), last)

    def render_line(self, y: int) -> Strip:
        """One area."""
        width, style = self.size.width, self.rich_style
        if self._state is None:
            return Strip.blank(width, style)
        place = self._first + y
        item = self._state.item_at(place)
        if item is None:
            return Strip.blank(width, style)
        if place == self._state.place:
            style += self.get_component_rich_style("worklist--cursor", partial=True)
        elif item.word is not None:
            style += self.get_component_rich_style("worklist--dim", partial=True)
        return Strip(_line(item, width, style)).adjust_cell_length(width, style)

    def on_click(self, event: events.Click) -> None:
        """Posts the area that was clicked."""
        if self._state is not None and (place := self._first + event.y) < len(self._state.listed):
            self.post_message(self.Chosen(place))


def _line(item: WorkItem, width: int, style: Style) -> list[Segment]:
    area = item.area
    room = max(2, (width - _FIXED) // 2)
    segments = [Segment(f"{MARKS[item.word]} ", style)]
    for number, class_id in enumerate((area.given, area.predicted)):
        cells, color = swatch(class_id)
        name = CLASSES[class_id].name
        short = name if len(name) <= room else _SHORT.get(name, name)[:room]
        segments.append(Segment(cells, style + Style.parse(color)))
        segments.append(Segment(f"{short:<{room}}" + ("→" if number == 0 else ""), style))
    return [*segments, Segment(f" {area.score:.2f}"[-5:].replace(" 0.", "  ."), style)]
