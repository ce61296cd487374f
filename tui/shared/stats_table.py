"""Class statistics of a dataset as a table with bars: for the app and the command line."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.class_stats import ClassStats
from bddseg_tui.tui.shared.bar import bar

BAR = 30


def stats_table(rows: Sequence[ClassStats]) -> Table:
    """A line a class: colour, id, name, percentage of pixels, images that hold it, and a bar."""
    table = Table(box=None, show_header=False, pad_edge=False)
    largest = max((c.percentage for c in rows), default=0) or 1
    for c in rows:
        swatch = Text("██", style="rgb({},{},{})".format(*CLASSES[c.id].color))
        table.add_row(
            swatch,
            f"{c.id:>2}",
            c.name,
            f"{c.percentage:.3f} %",
            f"{c.images:,} images",
            bar(c.percentage / largest, BAR),
        )
    table.columns[3].justify = table.columns[4].justify = "right"
    return table
