"""The line between the two sides of a pane: a drag with the mouse, or a key, gives one of them more room."""

from typing import Protocol, cast

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.tui.shared.messages import Remember

LEAST = 16
"""Columns that each side keeps."""
STEP = 2


class DividedApp(Protocol):
    """What is asked of the app: the left side's share (0..1) of the width, by pane, where a person has set one."""

    sides: dict[str, float]


class Divider(Widget):
    """Stands right behind the side whose width it sets. Until it is moved, that is as wide as its style says."""

    DEFAULT_CSS = "Divider { width: 1; height: 100%; color: $panel; } Divider:hover { color: $primary; }"

    def __init__(self, pane: str) -> None:
        super().__init__()
        self._pane = pane
        self._grabbed = False

    def on_mount(self) -> None:
        """Sets what was set last time."""
        if self._share is not None:
            self._set(self._share)

    @property
    def _share(self) -> float | None:
        return cast(DividedApp, self.app).sides.get(self._pane)

    @property
    def is_moved(self) -> bool:
        """Whether a person has set the left side's share."""
        return self._share is not None

    def part(self, parted: bool) -> None:
        """Parts the sides; or, where the right one is hidden, leaves all of the room to the left one."""
        self.display = parted
        if self._share is not None:
            if parted:
                self._set(self._share)
            else:
                self._sides[0].styles.width = "1fr"

    @property
    def _sides(self) -> tuple[Widget, Widget]:
        assert isinstance(self.parent, Widget)
        return self.parent.children[self.parent.children.index(self) - 1], self.parent

    def _set(self, share: float) -> None:
        side, both = self._sides
        if self in both.children[:-1]:
            both.children[both.children.index(self) + 1].styles.width = "1fr"
        # What limits the width that a style gives is not meant for one that a person has chosen.
        side.styles.min_width, side.styles.max_width, side.styles.width = LEAST, "100%", f"{100 * share:.2f}%"

    def move(self, by: int) -> None:
        """Gives the left side so many steps more."""
        side, both = self._sides
        self._move_to(side.size.width + side.gutter.width + by * STEP, both.size.width, keep=True)

    def _move_to(self, columns: int, of: int, keep: bool) -> None:
        if of >= 2 * LEAST:
            # In the middle of a cell, so that no rounding moves it.
            share = round((max(LEAST, min(columns, of - LEAST)) + 0.5) / of, 4)
            self._set(share)
            if keep:
                sides = cast(DividedApp, self.app).sides
                sides[self._pane] = share
                self.post_message(Remember(sides=dict(sides)))

    def render_line(self, y: int) -> Strip:
        """A thin line."""
        return Strip([Segment("│", self.rich_style)], 1)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begins to drag."""
        self._grabbed = True
        self.capture_mouse()
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follows the mouse."""
        if self._grabbed:
            self._follow(event, keep=False)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Ends the drag: this is what is remembered."""
        if self._grabbed:
            self._grabbed = False
            self.release_mouse()
            self._follow(event, keep=True)

    def _follow(self, event: events.MouseEvent, keep: bool) -> None:
        side, both = self._sides
        self._move_to(round(event.screen_x) - side.region.x, both.size.width, keep)
