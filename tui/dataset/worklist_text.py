"""What the worklist of label errors says: its title, the area at the cursor, and what there is when there is none."""

from rich.text import Text

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.quality.worklist import Counts, WorkItem, pairs
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.worklist_state import WorklistState

NOT_SEARCHED = (
    "No label errors have been looked for here yet.\n"
    "`bddseg-tui data label-errors DIR` trains on parts of the labels and finds the areas that the others contradict. "
    "It may go on meanwhile; R reads what it has found."
)
NOTHING_FOUND = "No label looks wrong: the search found no area whose label the model contradicts."
READING = "reading the suspect areas …"
MARKS = {"confirmed": "✗", "rejected": "✓", "skipped": "·", None: " "}
"""In the list: the label is wrong, it is right, nothing is said, nobody has looked."""
WORDS = {"confirmed": "confirmed: the label is wrong", "rejected": "rejected: the label is right", "skipped": "skipped"}
_ORDERS = {"score": "surest first", "size": "largest first", "pair": "by classes"}


def swatch(class_id: int) -> tuple[str, str]:
    """Two cells in a class's colour, with the style; unknown, whose black would not be seen, is hatched."""
    return ("╱╱", "dim") if class_id == UNKNOWN else ("██", "rgb({},{},{})".format(*CLASSES[class_id].color))


def title(state: WorklistState | None, width: int) -> Text:
    """The counts, what is left, and what is listed in which order; parts for which there is no room are left out."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("Label errors", "bold")
    if state is None or not state.worklist.items:
        return text
    counts = state.counts
    text.append(f"   {counts.left:,} left", "bold").append(f" of {len(state.listed):,}")
    text.append(f"   ✗ {counts.confirmed:,} wrong  ✓ {counts.rejected:,} right")
    if counts.skipped:
        text.append(f"  · {counts.skipped:,} skipped")
    for part in (which(state), _ORDERS[state.order]):
        if part and text.cell_len + 3 + len(part) <= width:
            text.append(f"   {part}", "dim")
    return text


def which(state: WorklistState) -> str:
    """Which areas are listed, in words; '' for all."""
    classes = ""
    if state.given is not None and state.predicted is not None:
        classes = f"{CLASSES[state.given].name} → {CLASSES[state.predicted].name}"
    elif state.given is not None:
        classes = f"labelled {CLASSES[state.given].name}"
    elif state.predicted is not None:
        classes = f"predicted {CLASSES[state.predicted].name}"
    return ", ".join(filter(None, ("" if state.state == "all" else state.state, classes)))


def about(item: WorkItem) -> Text:
    """Both labels of an area with their colours, its score and size."""
    area, row = item.area, item.row
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("label ").append(*swatch(area.given)).append(f" {CLASSES[area.given].name}", "bold")
    text.append("  model ").append(*swatch(area.predicted))
    text.append(f" {CLASSES[area.predicted].name}", "bold").append(f"  score {area.score:.2f}")
    whole = (row.width or 0) * (row.height or 0)
    part = f", {100 * area.pixels / whole:.1f} % of it" if whole else ""
    return text.append(f"  {area.pixels:,} px{part}", "dim")


def where(item: WorkItem, state: WorklistState) -> Text:
    """What was said of an area, how it is shown, and its image."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if item.word is not None:
        text.append(f"{MARKS[item.word]} {WORDS[item.word]}   ", "bold")
    names = {"mask": "label", "prediction": "prediction" if item.row.prediction else "label as the model has it here"}
    shown = names.get(state.view, state.view)
    text.append(f"{shown}{'' if state.zoomed else ', whole image'}   ", "dim")
    return text.append(f"{state.place + 1:,}/{len(state.listed):,}  {item.row.split}  {sanitize(item.row.name)}", "dim")


def finished(counts: Counts) -> str:
    """All areas that are listed have been looked at."""
    skipped = f", {counts.skipped:,} skipped" if counts.skipped else ""
    return (
        f"All looked at: {counts.confirmed:,} labels are wrong, {counts.rejected:,} right{skipped}.\n"
        "Training ignores the wrong ones from now on (confirmed_errors in the form of a run). "
        "`bddseg-tui data verdicts export DIR FILE.csv` writes them into a table, --masks into masks. "
        "u takes the last one back, Tab lists the others, Esc goes back."
    )


def class_choices(state: WorklistState) -> list[tuple[str | Text, tuple[int | None, int | None]]]:
    """What can be listed of the classes, with how many areas each has."""
    items = state.worklist.items
    choices: list[tuple[str | Text, tuple[int | None, int | None]]] = [(f"{len(items):>6,}  all classes", (None, None))]
    for (given, predicted), count in pairs(items):
        choices.append((_choice(count, given, predicted), (given, predicted)))
    for given in sorted({i.area.given for i in items}):
        choices.append((_choice(sum(i.area.given == given for i in items), given, None), (given, None)))
    for predicted in sorted({i.area.predicted for i in items}):
        choices.append((_choice(sum(i.area.predicted == predicted for i in items), None, predicted), (None, predicted)))
    return choices


def _choice(count: int, given: int | None, predicted: int | None) -> Text:
    text = Text(f"{count:>6,}  ")
    if given is not None:
        text.append("" if predicted is not None else "labelled ").append(*swatch(given)).append(
            f" {CLASSES[given].name}"
        )
    if predicted is not None:
        text.append(" → " if given is not None else "the model says ").append(*swatch(predicted))
        text.append(f" {CLASSES[predicted].name}")
    return text
