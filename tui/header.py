"""The header: the panes with their keys, the dataset, and what is training."""

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

TABS = (("dataset", "1 Dataset"), ("train", "2 Train"), ("evaluate", "3 Evaluate"), ("ask", "4 Ask"))
LEAD = " bddseg "


class Header(Widget):
    """One line; the tabs can be clicked."""

    COMPONENT_CLASSES = {"header--title", "header--tab", "header--current"}
    current: reactive[str] = reactive("dataset")
    place: reactive[str] = reactive("")
    activity: reactive[str] = reactive("")

    class Clicked(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def render(self) -> RenderResult:
        """The tabs on the left; on the right, as far as there is room, what is training and the dataset."""
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(LEAD, self.get_component_rich_style("header--title"))
        for name, label in TABS:
            style = "header--current" if name == self.current else "header--tab"
            text.append(f" {label} ", self.get_component_rich_style(style))
        right = "  ".join(part for part in (self.activity, self.place) if part)
        room = self.size.width - text.cell_len - 1
        if room > 8 and right:
            shown = right if len(right) <= room else right[: room - 1] + "…"
            text.append(shown.rjust(room) + " ")
        return text

    def on_click(self, event: events.Click) -> None:
        """Posts `Clicked` where a tab is."""
        edge = len(LEAD)
        for name, label in TABS:
            edge_after = edge + len(label) + 2
            if edge <= event.x < edge_after:
                self.post_message(self.Clicked(name))
            edge = edge_after
