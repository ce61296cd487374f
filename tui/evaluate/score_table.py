"""A table of scores that is read, not sorted: a name a row, then numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import JustifyMethod
from rich.text import Text
from textual.widgets import DataTable

from bddseg_tui.tui.shared.commands import TABLE, bindings


@dataclass(frozen=True)
class Scores:
    """What such a table shows: one column (by its number) is of words, the others are of numbers."""

    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str | Text]] = ()
    words: int = 0


NO_SCORES = Scores()


class ScoreTable(DataTable[Text]):
    """Words stand on the left of their column, numbers on the right."""

    ACTIONS = TABLE
    BINDINGS = bindings(TABLE)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", cell_padding=1, cursor_foreground_priority="renderable")

    def show(self, scores: Scores) -> None:
        """Shows these; the cursor stays where it is."""
        place = self.cursor_row
        self.clear(columns=True)
        ways: list[JustifyMethod] = ["left" if n == scores.words else "right" for n in range(len(scores.columns))]
        rows = []
        for row in scores.rows:
            cells = [v if isinstance(v, Text) else Text(v) for v in row]
            for cell, way in zip(cells, ways, strict=True):
                cell.justify = way
            rows.append(cells)
        fill_table(self, [Text(name, justify=way) for name, way in zip(scores.columns, ways, strict=True)], rows)
        self.move_cursor(row=place)


def fill_table(table: DataTable[Text], heads: Sequence[Text], rows: Sequence[Sequence[Text]]) -> None:
    """Fills an empty table, with columns as wide as what is in them.

    DataTable measures them some time after it was filled, and draws what was drawn by then with the old widths.
    """
    for number, head in enumerate(heads):
        table.add_column(head, width=max([head.cell_len, *(row[number].cell_len for row in rows)]))
    for row in rows:
        table.add_row(*row, height=1)
