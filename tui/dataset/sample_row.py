"""What a row of the list says of a sample: its name, its tags, and what the list is ordered by."""

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from bddseg_tui.core.classes import find_class
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import share

Column = str | int
"""What the figure of a row is: `split`, `fits`, a figure of an evaluation, `pred:CLASS`, a class id; '' for none."""
FEWEST = 9
"""Cells that a name keeps beside the tags."""


def middle_cut(name: str, room: int) -> str:
    """A name in at most `room` cells: what is cut is its middle, since names differ at their ends.

    >>> middle_cut("00a395fe-d60c0b47", 12)
    '00a39…0c0b47'
    """
    if cell_len(name) <= room:
        return name
    if room < 3:
        return set_cell_size(name, max(0, room))
    head = name[: (room - 1) // 2]
    while cell_len(head) > (room - 1) // 2:
        head = head[:-1]
    tail = name[-(room - 1) :]
    while cell_len(tail) > room - 1 - cell_len(head):
        tail = tail[1:]
    return f"{head}…{tail}"


def figure_of(row: Row, column: Column, confidence: Mapping[int, float]) -> str:
    """What the list is ordered by, in at most four cells, as percent without the sign; or a split, in five."""
    if column == "split":
        return row.split
    if column == "fits":
        return f"{100 * confidence.get(row.id, 0):.0f}"
    if not isinstance(column, str):
        found = row.share(column)
    elif column.startswith("pred:"):
        found = row.predicted_share(find_class(column[5:]).id)
    else:
        figure = row.measures.get(column, row.figures.get(column))
        found = None if figure is None else 100 * figure
    if column == "":
        return ""
    return "-" if found is None else "100" if found >= 99.95 else share(found)


def flags_of(row: Row) -> str:
    """What is wrong with it, as `!`, and its tags."""
    return " ".join((["!"] if row.problem else []) + ["#" + sanitize(tag) for tag in row.tags])


def name_and_flags(row: Row, room: int) -> tuple[str, str]:
    """The name and the flags in exactly `room` cells; of long tags at least the name's telling ends are left."""
    flags = flags_of(row)
    name = sanitize(row.name)
    for_flags = min(cell_len(flags) + 1, max(0, room - min(FEWEST, cell_len(name)))) if flags else 0
    shown = middle_cut(name, room - for_flags)
    rest = set_cell_size(" " + flags, room - cell_len(shown))
    if cell_len(flags) + 1 > room - cell_len(shown) > 1:
        rest = rest[:-1] + "…"
    return shown, rest
