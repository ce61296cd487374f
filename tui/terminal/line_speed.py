"""How many bytes a picture may take over SSH, by how soon what was sent before had arrived and was shown."""

from bddseg_tui.tui.terminal.picture_limit import LOCAL, SLOW_LINE

SOON_S = 0.4
"""A picture shall be there by then, where that is more than the least that it may take."""
_TELLING = 30_000
"""Bytes; of fewer the way there and back is nearly all of the time."""
_SIZES = (800_000, 400_000, 200_000, SLOW_LINE)
"""Few, so that what is drawn for one is not drawn again for the next."""
_DOUBTS = 2
"""It takes so many slow ones in a row to go back: a terminal may have been busy once."""


class LineSpeed:
    """Goes by the bytes and seconds that it is told of.

    Attributes:
        limit: bytes that a picture in a pane may take.
    """

    def __init__(self) -> None:
        self.limit = SLOW_LINE
        self._slower = 0

    def took(self, count: int, seconds: float) -> int:
        """The limit, after so many bytes were shown so many seconds after they had been written."""
        if count < _TELLING:
            return self.limit
        fits = count / max(seconds, 1e-3) * SOON_S
        found = next((size for size in _SIZES if size <= fits), SLOW_LINE)
        self._slower = self._slower + 1 if found < self.limit else 0
        if found > self.limit or self._slower >= _DOUBTS:
            self.limit, self._slower = min(found, LOCAL), 0
        return self.limit
