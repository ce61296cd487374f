"""The Kitty pictures of one view that the terminal holds."""

from collections.abc import Callable, Iterable

from bddseg_tui.tui.shared.drawing import Drawn


class SentPictures:
    """Each is sent once, when it is first drawn, and freed when the view lets go of it.

    Attributes:
        placed: the one that was drawn last.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._ids: set[int] = set()
        self.placed: Drawn | None = None

    def send(self, drawn: Drawn, may_write: bool) -> bool:
        """Whether the terminal has the picture; it is sent if need be, and if anything may be written now."""
        if drawn.image_id is None or (drawn.image_id not in self._ids and not may_write):
            return False
        if drawn.image_id not in self._ids:
            self._ids.add(drawn.image_id)
            self._write(drawn.kitty)
        self.placed = drawn
        return True

    def free(self, drawn: Iterable[Drawn]) -> None:
        """Frees those of these pictures that the terminal holds."""
        self._free({d.image_id for d in drawn if d.image_id is not None} & self._ids)

    def free_all(self) -> None:
        """Frees what the terminal holds."""
        self._free(set(self._ids))

    def _free(self, ids: set[int]) -> None:
        from bddseg_tui.tui.terminal.kitty import free_kitty

        for image_id in ids:
            self._write(free_kitty(image_id))
        self._ids -= ids
