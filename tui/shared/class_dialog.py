"""The dialog that asks for a class."""

from rich.text import Text

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.tui.shared.choose import ChooseScreen


def class_dialog(highlight: int | None, row: Row | None) -> ChooseScreen[int]:
    """Asks for the class to highlight: its id, or -1 for all. Those that a sample does not show are dim."""
    choices: list[tuple[str | Text, int]] = [("   all classes", -1)]
    for c in CLASSES:
        there = row is None or not row.counts or row.share(c.id)
        swatch = ("▚▚", "rgb(128,128,128)") if c.id == UNKNOWN else ("██", "rgb({},{},{})".format(*c.color))
        choices.append((Text.assemble(swatch, (f" {c.id:>2} {c.name}", "" if there else "dim")), c.id))
    return ChooseScreen("Highlight a class", choices, highlight)
