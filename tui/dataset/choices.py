"""The dialogs of the Dataset pane: an order, an evaluation, a view, a tag, a file."""

from collections.abc import Collection, Sequence

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.filter_language import FIGURES
from bddseg_tui.core.data.measure_kinds import MEASURES
from bddseg_tui.core.data.saved_views import SavedView
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen


def sort_dialog(measured: Collection[str] = ()) -> ChooseScreen[str]:
    """Asks for an order: the filter's `sort:` value. `measured` are the measures that are known."""
    choices = [("name", "name")]
    for figure in FIGURES:
        choices += [
            (f"{figure} of the chosen evaluation, lowest first", figure),
            (f"{figure}, highest first", f"-{figure}"),
        ]
    for name, kind in MEASURES.items():
        if name in measured:
            choices += [(f"{kind.meaning}: {name}, lowest first", name), (f"{name}, highest first", f"-{name}")]
    choices += [(f"{c.id:>2} {c.name}: most first", f"-{c.slug}") for c in CLASSES]
    choices += [(f"{c.id:>2} {c.name} as predicted: most first", f"-pred:{c.slug}") for c in CLASSES]
    return ChooseScreen("Sort by", choices)


def evaluation_dialog(names: Sequence[str], evaluation: str | None) -> ChooseScreen[str]:
    """Asks for an evaluation, the newest first: its name, or '' for none."""
    choices = [("none", "")] + [(sanitize(n), n) for n in reversed(names)]
    return ChooseScreen("Predictions and scores of", choices, evaluation)


def tag_dialog(what: str, known: Sequence[str]) -> PromptScreen:
    """Asks for a tag, which is given or, where all have it, taken away; those that are known are completed."""
    hint = "a word; one that all have is taken away, as is -word"
    return PromptScreen(f"Tag {sanitize(what)[:40]}", hint, known=list(known))


def view_dialog(views: Sequence[SavedView]) -> ChooseScreen[SavedView]:
    """Asks for a saved view."""
    widest = max(len(view.name) for view in views)
    return ChooseScreen("Saved views", [(f"{v.name:<{widest}}  {v.filter or 'all images'}", v) for v in views])


def save_view_dialog(names: Sequence[str]) -> PromptScreen:
    """Asks under which name to save what is listed and how it is shown."""
    return PromptScreen("Save what is listed and how it is shown", "a name; -NAME deletes that one", known=list(names))


def tag_file_dialog(path: str) -> PromptScreen:
    """Asks for a file of tags: a new one is written, one that is there is read."""
    return PromptScreen("Tags: write a new .csv or .json, read one there is", value=path)


def list_file_dialog(count: int, marked: bool, path: str) -> PromptScreen:
    """Asks into which file images are listed; its ending says how."""
    which = "marked" if marked else "listed"
    return PromptScreen(f"List {count:,} {which} images: .txt (paths), .csv, .json", value=path)
