"""`data verdicts list|set|undo|export|import`: what a person says of areas whose label a model contradicts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bddseg_tui.core.classes import CLASSES, find_class
from bddseg_tui.core.data.catalog.verdicts import WORDS, Word
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.quality.worklist import ORDERS, STATES, Order, State, WorkItem, count_words, select
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.tui.cli.opening import named_or_last, open_engine
from bddseg_tui.tui.cli.options import DatasetArgument, JsonOption, OptionalDatasetArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say, tell, warn

if TYPE_CHECKING:
    from bddseg_tui.core.data.collection import Collection
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.quality.worklist import Worklist
    from bddseg_tui.tui.cli.json_output.quality_outputs import (
        VerdictRow,
        VerdictsRead,
        VerdictsTakenBack,
        VerdictsWritten,
    )

_SHOWN = 20
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", parser=typed_path, help="A .csv file.", show_default=False)
]


def add_to(group: typer.Typer) -> None:
    """Adds the commands to `data`."""
    verdicts = typer.Typer(no_args_is_help=True, help="Judge label errors: list, confirm, reject, undo, write, read.")
    verdicts.command("list")(list_areas)
    verdicts.command("set")(set_verdict)
    verdicts.command()(undo)
    verdicts.command("export")(export)
    verdicts.command("import")(import_)
    group.add_typer(verdicts, name="verdicts")


def list_areas(
    dataset: OptionalDatasetArgument = None,
    state: Annotated[str, typer.Option("--state", help=f"Of these alone: {', '.join(STATES)}.")] = "all",
    given: Annotated[str, typer.Option("--label", help="Only areas with this label.")] = "",
    predicted: Annotated[str, typer.Option("--predicted", help="Only areas that the model says to be this.")] = "",
    sort: Annotated[str, typer.Option("--sort", help=f"By {', '.join(ORDERS)}.")] = "score",
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 0,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the areas whose label a model contradicts, and what was said of each; the surest ones first."""
    chosen_state: State = _one_of(state, STATES, "--state")
    order: Order = _one_of(sort, ORDERS, "--sort")
    classes = [find_class(name).id if name else None for name in (given, predicted)]
    _, _, worklist = _worklist(workspace, dataset)
    items = select(worklist.items, order, chosen_state, *classes)
    shown = items[:limit] if limit else items
    if json:
        print_json([_row(item) for item in shown])
        return
    if not worklist.searched and not worklist.items:
        say("no label errors have been looked for yet")
    for item in shown:
        a = item.area
        pair = f"{CLASSES[a.given].slug} -> {CLASSES[a.predicted].slug}"
        box = ",".join(map(str, a.box))
        place = f"{sanitize(a.sample)} {a.area}  {box}"
        say(f"{item.word or '-':<9}  {a.score:.3f}  {pair:<30}  {a.pixels:>9,} px  {place}")
    n = count_words(items)
    note(f"{n.confirmed:,} confirmed, {n.rejected:,} rejected, {n.skipped:,} skipped, {n.left:,} left")
    if worklist.void:
        note(f"{worklist.void:,} areas are of masks that are others by now, or gone")


def set_verdict(
    dataset: DatasetArgument,
    image: Annotated[str, typer.Argument(help="An image, as `data verdicts list` has it, or its name.")],
    area: Annotated[int, typer.Argument(min=0, help="The number of the area.")],
    word: Annotated[str, typer.Argument(metavar="VERDICT", help=f"{', '.join(WORDS)}.")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say of an area that its label is wrong (confirmed), right (rejected), or nothing (skipped)."""
    chosen: Word = _one_of(word, WORDS, "a verdict")
    engine, collection, worklist = _worklist(workspace, dataset)
    mine = [i for i in worklist.items if image in (i.area.sample, i.row.name) and i.area.area == area]
    if not mine:
        known = {i.area.sample for i in worklist.items}
        raise UsageError(f"no suspect area {area} in {sanitize(image)!r}{suggestion(image, known)}")
    engine.quality.judge(collection, mine[:1], chosen)
    tell(json, f"{sanitize(mine[0].area.sample)} {area}: {chosen}", _row(mine[0].judged(chosen)))


def undo(
    dataset: DatasetArgument,
    number: Annotated[int, typer.Option("--number", min=1, max=10_000, help="So many, from the last one on.")] = 1,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take back the verdicts that were given last."""
    engine = open_engine(workspace)
    collection = engine.data.open(named_or_last(engine, dataset), note)
    taken = engine.quality.take_back(collection, number)
    facts: VerdictsTakenBack = {
        "taken_back": [
            {
                "image": sanitize_path(t.verdict.image),
                "area": t.verdict.area,
                "verdict": t.verdict.word,
                "before": t.before.word if t.before else None,
            }
            for t in taken
        ]
    }
    lines = [f"took back: {r['image']} {r['area']} {r['verdict']}" for r in facts["taken_back"]]
    tell(json, "\n".join(lines) or "no verdict is left to take back", facts)


def export(
    dataset: DatasetArgument,
    to: Annotated[
        Path,
        typer.Argument(
            metavar="TO", parser=typed_path, help="A new .csv file; with --masks a folder.", show_default=False
        ),
    ],
    masks: Annotated[
        bool, typer.Option("--masks", help="Write copies of the masks in which confirmed errors are unknown (255).")
    ] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write all verdicts into a table, or the masks with confirmed errors as copies to train on elsewhere."""
    engine = open_engine(workspace)
    collection = engine.data.open(named_or_last(engine, dataset), note)
    facts: VerdictsWritten
    if masks:
        done = engine.quality.export_masks(collection, to)
        for name in done.changed[:_SHOWN]:
            warn(f"{name}: its mask is another by now, and verdicts on it are left out")
        facts = {"to": sanitize_path(to), "verdicts": done.areas, "masks": done.masks, "changed": list(done.changed)}
        text = f"{done.areas:,} confirmed areas are 255 in {done.masks:,} masks in {sanitize_path(to)}"
    else:
        count = engine.quality.export_verdicts(collection, to)
        facts = {"to": sanitize_path(to), "verdicts": count, "masks": 0, "changed": []}
        text = f"{count:,} verdicts are in {sanitize_path(to)}"
    tell(json, text, facts)


def import_(
    dataset: DatasetArgument,
    source: FileArgument,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take in the verdicts of a table that `export` wrote. Exits with 1 if some are left over."""
    engine = open_engine(workspace)
    collection = engine.data.open(dataset, note)
    engine.data.scan(collection, lambda done, total: None)
    found = engine.quality.import_verdicts(collection, source)
    facts: VerdictsRead = {
        "taken": found.taken,
        "had": found.had,
        "unmatched": list(found.unmatched),
        "refused": found.refused,
    }
    tell(json, f"{found.taken:,} verdicts taken in; {found.had:,} were there already", facts)
    if not json:
        for name in found.unmatched[:_SHOWN]:
            say(f"no such image: {name}")
        if found.refused:
            say(f"{found.refused:,} lines are no verdict")
    raise typer.Exit(1 if found.unmatched or found.refused else 0)


def _worklist(workspace: Path | None, dataset: Path | None) -> "tuple[Engine, Collection, Worklist]":
    engine = open_engine(workspace)
    collection = engine.data.open(named_or_last(engine, dataset), note)
    if not sum(collection.catalog.splits().values()):
        raise BddsegError("this dataset was not scanned yet: `bddseg-tui data stats` does so")
    return engine, collection, engine.quality.worklist(collection)


Choice = TypeVar("Choice", bound=str)


def _one_of(value: str, choices: tuple[Choice, ...], what: str) -> Choice:
    found = next((c for c in choices if c == value), None)
    if found is None:
        raise UsageError(f"{what} is one of {', '.join(choices)}, not {sanitize(value)!r}{suggestion(value, choices)}")
    return found


def _row(item: WorkItem) -> "VerdictRow":
    a = item.area
    return {
        "image": sanitize(a.sample),
        "area": a.area,
        "label": CLASSES[a.given].name,
        "predicted": CLASSES[a.predicted].name,
        "score": min(1.0, max(0.0, a.score)),
        "pixels": a.pixels,
        "box": list(a.box),
        "verdict": item.word,
    }
