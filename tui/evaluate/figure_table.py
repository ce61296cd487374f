"""A table of figures that is read, not sorted: a name a row, then numbers."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import DataTable

from bddseg_tui.tui.shared.commands import TABLE, bindings
from bddseg_tui.tui.shared.format import percent, percentage_points


class FigureTable(DataTable[Text]):
    """One column is of words, on the left; the others are figures, on the right."""

    ACTIONS = TABLE
    BINDINGS = bindings(TABLE)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", cell_padding=1, cursor_foreground_priority="renderable")

    def show(self, columns: Sequence[str], rows: Sequence[Sequence[str | Text]], words: int = 0) -> None:
        """Shows these rows, with words in one column and figures in the others; the cursor stays where it is."""
        place = self.cursor_row
        self.clear(columns=True)
        for number, name in enumerate(columns):
            self.add_column(Text(name, justify="left" if number == words else "right"))
        for row in rows:
            cells = [v if isinstance(v, Text) else Text(v) for v in row]
            for number, cell in enumerate(cells):
                cell.justify = "left" if number == words else "right"
            self.add_row(*cells, height=1)
        self.move_cursor(row=place)


def change(value: float | None) -> Text:
    """A difference of fractions in points, its sign written and coloured."""
    if value is None:
        return Text("-", justify="right")
    style = "green" if value > 0.0005 else "red" if value < -0.0005 else ""
    return Text(percentage_points(value), justify="right", style=style)


def score_cells(*values: float | None) -> list[str]:
    """Fractions as percent."""
    return [percent(v) for v in values]
