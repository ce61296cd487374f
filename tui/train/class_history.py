"""Per class: IoU by epoch as a line of blocks, and the last epoch's IoU, precision, recall and percentage."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.history import EpochPoint
from bddseg_tui.tui.shared.format import percent, share

BLOCKS = "▁▂▃▄▅▆▇█"
MOST_EPOCHS = 60
"""In a line of blocks."""


class ClassHistory(VerticalScroll):
    """The table below the chart; scrolls where the screen is low."""

    DEFAULT_CSS = "ClassHistory { height: auto; scrollbar-size-vertical: 1; } ClassHistory Static { height: auto; }"

    _shown: tuple[Sequence[EpochPoint], int] | None = None

    def compose(self) -> ComposeResult:
        """The table."""
        yield Static("", id="class-history")

    def show(self, epochs: Sequence[EpochPoint]) -> None:
        """Shows these epochs; they are not drawn again while they are the same and as much fits."""
        width = min(MOST_EPOCHS, self.size.width - 62)
        if self._shown is None or self._shown[0] is not epochs or self._shown[1] != width:
            self._shown = (epochs, width)
            self.query_one("#class-history", Static).update(class_history(epochs, width))


def class_history(epochs: Sequence[EpochPoint], width: int) -> Table | Text:
    """The table; `width` is how many epochs the line of blocks may hold."""
    scored = [e for e in epochs if e.classes]
    if not scored:
        return Text("  per-class figures come after the first validation", style="dim")
    last = scored[-1]
    # On a narrow screen the figures go before the line of blocks, and columns stand closer.
    narrow = width < 1
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0) if narrow else (0, 1), header_style="dim")
    table.add_column("", width=2)
    table.add_column("class", width=16 if narrow else 17, no_wrap=True)
    if not narrow:
        table.add_column("IoU by epoch" if width >= 12 else "", width=width, no_wrap=True)
    for name in ("IoU", "prec.", "recall", "% px"):
        table.add_column(name, justify="right", width=6)
    for c in CLASSES:
        row = last.classes[c.id]
        line = [] if narrow else ["".join(_block(e.classes[c.id].iou) for e in scored[-width:])]
        dim = "" if row.percentage > 0 else "dim"
        table.add_row(
            Text("██", style="rgb({},{},{})".format(*c.color)),
            Text(f"{c.id:>2} {c.name}", style=dim),
            *line,
            percent(row.iou),
            percent(row.precision),
            percent(row.recall),
            share(row.percentage),
        )
    return table


def _block(value: float | None) -> str:
    return "·" if value is None else BLOCKS[min(len(BLOCKS) - 1, int(value * len(BLOCKS)))]
