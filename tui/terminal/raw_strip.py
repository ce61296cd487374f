"""A line of cells whose bytes are given: of pictures, which Rich would write longer, in fewer colours, or cut."""

from collections.abc import Callable, Iterable, Sequence

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip


class RawStrip(Strip):
    """Is written as its parts, strings as they are; cut or covered in part, it is its segments, and nothing raw.

    So a control string can't lose its end to a dialog, which would leave the terminal waiting for it. The segments are
    made when they are needed, which they rarely are: they take longer than all else that a picture needs.

    Private in Textual (checked against 8.2.8): `Strip._segments`.
    """

    __slots__ = ["_made", "_make", "_parts", "lines_above"]

    def __init__(
        self,
        make: Callable[[], Iterable[Segment]],
        cell_length: int,
        parts: Sequence[Strip | str],
        lines_above: int = 0,
    ) -> None:
        """A strip of raw parts.

        Args:
            make: gives its segments.
            cell_length: how many cells it has.
            parts: what is written.
            lines_above: on so many lines above its own it draws too, as a Sixel does.
        """
        super().__init__((), cell_length)
        self.lines_above = lines_above
        self._make, self._parts = make, tuple(parts)
        self._made: list[Segment] | None = None

    @property
    def _segments(self) -> list[Segment]:
        if self._made is None:
            self._made = list(self._make())
        return self._made

    @_segments.setter
    def _segments(self, segments: list[Segment]) -> None:
        """What the base class keeps is not needed."""

    @property
    def written_bytes(self) -> int:
        """Bytes of its raw parts."""
        return sum(len(part.encode()) for part in self._parts if isinstance(part, str))

    def writes_as(self, other: "RawStrip") -> bool:
        """Whether it is made of the very same parts, and draws on as many lines."""
        mine, theirs = self._parts, other._parts
        return self.lines_above == other.lines_above and len(mine) == len(theirs) and all(map(_are_one, mine, theirs))

    def render(self, console: Console) -> str:
        """What goes to the terminal."""
        return "".join(part if isinstance(part, str) else part.render(console) for part in self._parts)


def _are_one(a: Strip | str, b: Strip | str) -> bool:
    are_raw = isinstance(a, RawStrip) or isinstance(b, RawStrip)
    # To compare the segments of raw strips takes longer than to send them.
    return a is b if are_raw else a == b


class CoveredStrip(Strip):
    """A line of cells on which a picture lies that comes with another line.

    Private in Textual (checked against 8.2.8): `Strip._segments`.
    """

    __slots__ = ["covered"]

    def __init__(self, strip: Strip, covered: tuple[int, int]) -> None:
        """`covered` are the cells that the picture lies on: from this one, so many."""
        super().__init__(strip._segments, strip.cell_length)
        self.covered = covered


class ExactColor(Color):
    """A colour that is written in 24 bits, whatever number of colours Rich believes in."""

    def downgrade(self, system: ColorSystem) -> Color:  # type: ignore[override] # Rich wraps its own in a cache
        """Itself."""
        return self


def joined(strips: Sequence[Strip]) -> RawStrip:
    """One strip of several, each written as it would be alone (`Strip.join` knows segments alone)."""
    length = sum(strip.cell_length for strip in strips)
    return RawStrip(lambda: [segment for strip in strips for segment in strip], length, strips)
