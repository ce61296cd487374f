"""The dialogs of the Dataset pane: an order, a class to highlight, an evaluation, a tag."""

from collections.abc import Sequence

from rich.text import Text

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.filter_language import FIGURES
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen


def sort_dialog() -> ChooseScreen[str]:
    """Asks for an order: the filter's `sort:` value."""
    choices = [("name", "name")]
    for figure in FIGURES:
        choices += [
            (f"{figure} of the chosen evaluation, lowest first", figure),
            (f"{figure}, highest first", f"-{figure}"),
        ]
    return ChooseScreen("Sort by", choices + [(f"{c.id:>2} {c.name}: most first", f"-{c.slug}") for c in CLASSES])


def class_dialog(highlight: int | None, row: Row | None) -> ChooseScreen[int]:
    """Asks for the class to highlight: its id, or -1 for all. Those that a sample does not show are dim."""
    choices: list[tuple[str | Text, int]] = [("   all classes", -1)]
    for c in CLASSES:
        there = row is None or not row.counts or row.share(c.id)
        swatch = ("▚▚", "rgb(128,128,128)") if c.id == UNKNOWN else ("██", "rgb({},{},{})".format(*c.color))
        choices.append((Text.assemble(swatch, (f" {c.id:>2} {c.name}", "" if there else "dim")), c.id))
    return ChooseScreen("Highlight a class", choices, highlight)


def evaluation_dialog(names: Sequence[str], evaluation: str | None) -> ChooseScreen[str]:
    """Asks for an evaluation, the newest first: its name, or '' for none."""
    choices = [("none", "")] + [(sanitize(n), n) for n in reversed(names)]
    return ChooseScreen("Predictions and scores of", choices, evaluation)


def tag_dialog(row: Row, known: Sequence[str]) -> PromptScreen:
    """Asks for a tag, which the sample gets or, if it has it, loses; those that are known are completed."""
    title = f"Tag {sanitize(row.name)[:40]}: a word; one it has is taken away"
    return PromptScreen(title, "night", known=list(known))
