"""A picture that the mouse works in: the wheel zooms, a drag moves it, a click points at a pixel."""

from textual import events
from textual.message import Message

from bddseg_tui.core.data.viewport import Pixel
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.picture_lines import corner


class ZoomPicture(PictureView):
    """Says what the mouse means, in pixels of the image; whoever shows the picture does it."""

    ALLOW_SELECT = False

    class Zoomed(Message):
        """The wheel was turned over a pixel: nearer (1) or farther (-1)."""

        def __init__(self, steps: int, pixel: Pixel) -> None:
            super().__init__()
            self.steps, self.pixel = steps, pixel

    class Dragged(Message):
        """What is shown shall move by so many pixels to the right and down of the image."""

        def __init__(self, right: int, down: int) -> None:
            super().__init__()
            self.right, self.down = right, down

    class Pointed(Message):
        """A pixel was clicked."""

        def __init__(self, pixel: Pixel) -> None:
            super().__init__()
            self.pixel = pixel

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._held_at: tuple[float, float] | None = None
        self._dragged = False

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zooms in."""
        self._turn(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zooms out."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, steps: int) -> None:
        if (pixel := self._pixel(event)) is not None:
            event.stop()
            event.prevent_default()
            self.post_message(self.Zoomed(steps, pixel))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes hold of the picture."""
        if self._pixel(event) is not None:
            self.capture_mouse()
            self._held_at, self._dragged = (event.x, event.y), False

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Moves the picture with the mouse."""
        if self._held_at is None or (drawn := self.drawn) is None:
            return
        across = drawn.placement.pixels_across / drawn.shape[0]
        down = drawn.placement.pixels_down / drawn.shape[1]
        by = round((self._held_at[0] - event.x) * across), round((self._held_at[1] - event.y) * down)
        if by != (0, 0):
            # Where it is held by now: what a whole pixel more or less leaves over counts on.
            self._held_at = self._held_at[0] - by[0] / across, self._held_at[1] - by[1] / down
            self._dragged = True
            self.post_message(self.Dragged(*by))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets go of it; where it was not moved, that was a click."""
        if self._held_at is None:
            return
        self.capture_mouse(False)
        self._held_at = None
        if not self._dragged and (pixel := self._pixel(event)) is not None:
            self.post_message(self.Pointed(pixel))

    def _pixel(self, event: events.MouseEvent) -> Pixel | None:
        """The image's pixel in the middle of the cell that the mouse is over."""
        if (drawn := self.drawn) is None:
            return None
        left, top = corner(drawn, self.size)
        return drawn.placement.pixel_at((event.x - left + 0.5) / drawn.shape[0], (event.y - top + 0.5) / drawn.shape[1])
