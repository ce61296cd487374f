"""The line at the bottom: the keys that count now."""

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

GAP = "  "
HELP = "question_mark"


class KeyFooter(Widget):
    """The keys that are shown by their bindings, in one line; a click presses one.

    Textual's Footer mounts a widget for each key whenever the focus moves: 25 ms, during which no key is answered, and
    a tenth of the app's start. It also cuts off what does not fit, where this one keeps the key of the help.
    """

    COMPONENT_CLASSES = {"key-footer--key", "key-footer--off"}
    ALLOW_SELECT = False

    def on_mount(self) -> None:
        """Follows the bindings of its screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """Follows them no longer."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _items(self) -> list[tuple[Binding, bool]]:
        """What fits, with whether it can be pressed now: one key for each action, in the order of the bindings."""
        shown: dict[str, tuple[Binding, bool]] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, (active.binding, active.enabled))
        items = list(shown.values())
        widths = [cell_len(self._text(binding) + GAP) for binding, _ in items]
        while items and sum(widths) - len(GAP) > self.size.width:
            place = len(items) - 1
            if items[place][0].key == HELP and place:
                place -= 1
            del items[place], widths[place]
        return items

    def _text(self, binding: Binding) -> str:
        return f"{self.app.get_key_display(binding)} {binding.description}"

    def render(self) -> RenderResult:
        """Each key in its colour, with what it does."""
        key_style = self.get_component_rich_style("key-footer--key", partial=True)
        off_style = self.get_component_rich_style("key-footer--off", partial=True)
        text = Text(no_wrap=True, overflow="ellipsis")
        for binding, enabled in self._items():
            text.append(GAP if text else "")
            text.append(self.app.get_key_display(binding), key_style if enabled else off_style)
            text.append(f" {binding.description}", "" if enabled else off_style)
        return text

    def on_click(self, event: events.Click) -> None:
        """Presses the key that was clicked."""
        edge = 0
        for binding, enabled in self._items():
            edge_after = edge + cell_len(self._text(binding))
            if edge <= event.x < edge_after:
                if enabled:
                    self.app.simulate_key(binding.key)
                else:
                    self.app.bell()
            edge = edge_after + len(GAP)
