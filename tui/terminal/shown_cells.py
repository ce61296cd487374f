"""What the terminal shows by now, so that it is sent only what differs.

Textual has a widget drawn whole when any of it has changed, and a screen when one that lay over it goes. Most of that
is there already: of a legend a few figures differ, of a chart the end of its curve.

Private in Textual (checked against 8.2.8): the module `textual._compositor` with `CompositorUpdate`, `LayoutUpdate` and
`ChopsUpdate`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from rich.console import Console, RenderableType
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from bddseg_tui.tui.terminal.raw_strip import CoveredStrip, RawStrip

Place = tuple[int, int]
FIRST_DRAWING = "\u2500"
"""Lines, blocks and braille, all one cell wide, begin here."""

_PAPER = re.compile(r"\x1b\[([\d;]+);(48;2;\d+;\d+;\d+)m")


class ShownCells:
    """Strips by row and column. Nobody else may write text to the terminal."""

    def __init__(self, few_parameters: bool = False) -> None:
        """With `few_parameters` ink and paper are set by a code each."""
        self.few_parameters = few_parameters
        self._rows: dict[int, dict[int, Strip]] = {}
        self._written: dict[Place, int] = {}
        """When each of them was written: later ones have larger numbers."""
        self._now = 0

    def forget(self) -> None:
        """The terminal may show anything."""
        self._rows.clear()
        self._written.clear()

    def changed_by(self, update: RenderableType | None) -> RenderableType | None:
        """The same update, written as what differs."""
        return ChangedCells(update, self) if isinstance(update, CompositorUpdate) else update

    def update(self, y: int, x: int, strip: Strip, console: Console) -> str:
        """What has to be written so that the terminal shows this strip at a place."""
        row = self._rows.setdefault(y, {})
        before = row.get(x)
        if before is None or before.cell_length != strip.cell_length:
            before = None
            for start in [s for s, old in row.items() if s < x + strip.cell_length and x < s + old.cell_length]:
                del row[start]
        row[x] = strip
        skipped, changed = (0, strip) if before is None else _difference(before, strip)
        if changed is None and isinstance(strip, RawStrip) and self._is_spoilt(y, x, strip):
            changed = strip
        if changed is None:
            return ""
        self._now += 1
        self._written[y, x] = self._now
        return Control.move_to(x + skipped, y).segment.text + changed.render(console)

    def _is_spoilt(self, y: int, x: int, strip: RawStrip) -> bool:
        """Whether anything was written to the lines above a strip that it draws on too, after it was."""
        since, right = self._written.get((y, x), 0), x + strip.cell_length
        return any(
            self._written.get((line, start), 0) > since
            for line in range(y - strip.lines_above, y)
            for start, other in self._rows.get(line, {}).items()
            if start < right and x < start + other.cell_length
        )


class ChangedCells(CompositorUpdate):
    """An update of Textual's, written as what differs from what is shown."""

    def __init__(self, update: CompositorUpdate, shown: ShownCells) -> None:
        self._update, self._shown = update, shown

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal; it is taken to be shown from now on."""
        if isinstance(self._update, LayoutUpdate):
            pieces = _of_layout(self._update)
        elif isinstance(self._update, ChopsUpdate):
            pieces = _of_chops(self._update)
        else:
            self._shown.forget()
            return self._update.render_segments(console)
        written = "".join(self._shown.update(y, x, strip, console) for (y, x), strip in pieces)
        return _PAPER.sub("\x1b[\\1m\x1b[\\2m", written) if self._shown.few_parameters else written


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[Place, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield (y, x), strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[Place, Strip]]:
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            low, high = max(x, first), min(end, last)
            if strip is not None and low < high:
                yield (y, low), strip.crop(low - x, high - x)


def _difference(before: Strip, strip: Strip) -> tuple[int, Strip | None]:
    """(cells from the left that are the same, what differs behind them); nothing where all is the same."""
    if isinstance(before, RawStrip) or isinstance(strip, RawStrip):
        same = isinstance(before, RawStrip) and isinstance(strip, RawStrip) and strip.writes_as(before)
        return 0, None if same else strip
    if isinstance(before, CoveredStrip) and not (
        isinstance(strip, CoveredStrip) and strip.covered == before.covered and list(strip) == list(before)
    ):
        # More of it was drawn on than is drawn on now.
        return 0, strip
    old, new = list(before), list(strip)
    head = _same(old, new)
    if head == len(old) == len(new):
        return 0, None
    old, new = old[head:], new[head:]
    tail = _same(old[::-1], new[::-1])
    skipped = sum(segment.cell_length for segment in strip._segments[:head])
    new, old = (part[: len(part) - tail] for part in (new, old))
    if old and new and old[0].style == new[0].style and min(new[0].text, default="") >= FIRST_DRAWING:
        # A curve is one run: it differs where it goes on. Words are sent whole.
        dots = _same(old[0].text, new[0].text)
        skipped += dots
        new[0] = Segment(new[0].text[dots:], new[0].style)
    return skipped, Strip(new)


def _same(a: Sequence[object], b: Sequence[object]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
