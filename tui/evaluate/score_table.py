"""A table of scores that is read, not sorted: a name a row, then numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        for number, name in enumerate(scores.columns):
            self.add_column(Text(name, justify="left" if number == scores.words else "right"))
        for row in scores.rows:
            cells = [v if isinstance(v, Text) else Text(v) for v in row]
            for number, cell in enumerate(cells):
                cell.justify = "left" if number == scores.words else "right"
            self.add_row(*cells, height=1)
        self.move_cursor(row=place)
