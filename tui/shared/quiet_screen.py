"""A screen that has others drawn only where they show it, and only once.

Private in Textual (checked against 8.2.8): `Screen._compositor_refresh` and what it keeps in
`Screen._repaint_required`, `Screen._dirty_widgets` and `Screen._compositor`.
"""

from typing import Protocol, TypeVar, cast

from textual.screen import Screen

Answer = TypeVar("Answer")
RESUME_S = 0.06


class DrawingApp(Protocol):
    """What is asked of the app."""

    has_content: bool
    """Whether there is something to show; until then nothing is drawn."""

    def hold_drawing(self, seconds: float) -> None:
        """Draws nothing for a while."""


class QuietScreen(Screen[Answer]):
    """A screen over which others may lie.

    Textual has the screen in front drawn again, all of it, whenever anything of the one behind is, also where the one
    in front is opaque; and the one behind then believes that it has still to be drawn, so that happens again each time
    a message comes: once a second, a picture of 140 kB, for as long as nothing is pressed.
    """

    def on_screen_resume(self) -> None:
        """Textual draws all of a screen three times when one that lay over it goes: once is enough."""
        cast(DrawingApp, self.app).hold_drawing(RESUME_S)

    def _compositor_refresh(self) -> None:
        front = self.app.screen
        has_content = cast(DrawingApp, self.app).has_content
        if not has_content or (self is not front and front.styles.background.a == 1):
            # When there is something to show, or when it is in front again, all of it is drawn.
            self._compositor._dirty_regions.clear()
            self._dirty_widgets.clear()
        else:
            if self is front and self._repaint_required:
                # Textual draws what was laid out anew, and then all of it once more.
                self._compositor._dirty_regions.add(self._compositor.size.region)
                self._repaint_required = False
            super()._compositor_refresh()
        if self is not front:
            self._repaint_required = False
