"""A small picture, one of many that are on the screen at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.shared.drawing import Drawn, Wanted
from bddseg_tui.tui.shared.newest_first import NewestFirst
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.picture_app import PictureApp

FEWEST_BYTES = 2_000


class ThumbnailView(PictureView):
    """Drawn by threads that draw what was asked for last first; all on the screen share the bytes of one picture."""

    def __init__(self, threads: NewestFirst) -> None:
        super().__init__()
        self._threads = threads
        self._work: Callable[[], None] | None = None
        self.of_many = 1
        """How many there are."""

    def show_thumbnail(self, request: PictureRequest | None, message: str = "") -> None:
        """Shows a picture; what it was to show before, and nobody has begun to draw, is not drawn."""
        if request == self._request and (request is not None or message == self._message):
            return
        if self._work is not None and self._threads.drop(self._work):
            self._work, self._drawing = None, False
        self.show(request, message=message)

    def _wanted(self, request: PictureRequest) -> Wanted:
        wanted, app = super()._wanted(request), cast(PictureApp, self.app)
        if app.protocol not in ("sixel", "kitty", "iterm2"):
            return wanted
        return replace(wanted, limit=max(FEWEST_BYTES, app.picture_limit // self.of_many))

    def _begin(self, wanted: Wanted, so_far: Drawn | None) -> None:
        self._work = partial(self.post_drawn, wanted, so_far)
        self._threads.add(self._work)
