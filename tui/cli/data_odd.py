"""`data odd`, `data places` and `data differences`: what is measured of the images and masks of a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL, find_class
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.quality.odd_images import KINDS, OddImage, count_odd
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.data_samples import current
from bddseg_tui.tui.cli.options import JsonOption, OptionalDatasetArgument, ScanOption, WorkspaceOption
from bddseg_tui.tui.cli.output import print_json, progress, say
from bddseg_tui.tui.shared.format import share
from bddseg_tui.tui.shared.shades import shaded

if TYPE_CHECKING:
    from bddseg_tui.core.quality.class_places import ClassPlaces
    from bddseg_tui.tui.cli.json_output.quality_outputs import ClassPlacesRow, DifferenceRow, OddRow

SplitFilter = Annotated[
    str | None, typer.Option(help="Only this split.", show_default=False, autocompletion=completions.splits)
]
_TOGETHER = 4
"""Classes that are told to occur together with one."""


def add_to(group: typer.Typer) -> None:
    """Adds the commands to `data`."""
    group.command()(odd)
    group.command()(places)
    group.command()(differences)


def odd(
    dataset: OptionalDatasetArgument = None,
    split: SplitFilter = None,
    kind: Annotated[str, typer.Option("--kind", help=f"Only these: {', '.join(k.measure for k in KINDS)}.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many of each kind; 0 for all.")] = 10,
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List images that are blurred, black, white or oddly shaped, and masks that do not fit their images."""
    known = [k.measure for k in KINDS]
    if kind and kind not in known:
        raise UsageError(f"--kind takes {', '.join(known)}, not {sanitize(kind)!r}{suggestion(kind, known)}")
    engine, collection = _measured(workspace, dataset, scan)
    found = [o for o in engine.quality.odd_images(collection, split) if kind in ("", o.kind.measure)]
    counts = count_odd(found)
    shown: list[OddImage] = []
    for each in KINDS:
        mine = [o for o in found if o.kind is each]
        shown += mine[:limit] if limit else mine
        if mine and not json:
            say(f"{counts[each.measure]:,} {each.measure}: {each.about}")
            for o in mine[:limit] if limit else mine:
                say(f"  {share(100 * o.value):>5} %  {o.row.split:<5}  {sanitize(o.row.name)}")
    if json:
        print_json([_odd_row(o) for o in shown])
    elif not found:
        say("no image is odd by what was measured")


def places(
    dataset: OptionalDatasetArgument = None,
    split: SplitFilter = None,
    only: Annotated[str, typer.Option("--class", help="Draw where this class is.")] = "",
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show where each class is in the frame, how large its objects are, and which classes are in the same images."""
    chosen = find_class(only).id if only else None
    engine, collection = _measured(workspace, dataset, scan)
    found = engine.quality.class_places(collection, split)
    ids = [chosen] if chosen is not None else [c.id for c in CLASSES if found.together[c.id, c.id]]
    if json:
        print_json([_places_row(found, i) for i in ids])
        return
    for i in ids:
        facts = _places_row(found, i)
        size = share(None if facts["median_size"] is None else 100 * facts["median_size"])
        others = ", ".join(t["name"] for t in facts["together"][:_TOGETHER] if t["lift"] > 1.1)
        middle = f"  objects of about {size} %" if size else ""
        say(f"{CLASSES[i].name:<14} {facts['images']:>7,} images  {facts['objects']:>8,} areas{middle}  {others}")
    if chosen is not None:
        say("\n".join(shaded(found.heat[chosen].tolist())))
        say(f"the darkest: in {100 * float(found.heat[chosen].max()):.1f} % of {found.masks:,} masks")


def differences(
    dataset: OptionalDatasetArgument = None,
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show how val differs from train: classes, their places and sizes, and what was measured, with effect sizes."""
    engine, collection = _measured(workspace, dataset, scan)
    found = engine.quality.split_differences(collection)
    if json:
        rows: list[DifferenceRow] = [
            {
                "name": d.name,
                "train": d.means[0],
                "val": d.means[1],
                "delta": d.delta,
                "size": d.size,
                "ks": d.ks,
                "p": d.p,
                "place": d.place,
                "objects": d.objects,
            }
            for d in found
        ]
        print_json(rows)
        return
    if not found:
        say("train and val cannot be compared: one of them has hardly any masks")
        return
    say(f"{'':<14} {'train':>7} {'val':>7}  {'delta':>6} {'effect':<10} {'KS':>5} {'p':>7}  place  objects")
    for d in found:
        train, val = (f"{share(100 * m):>5} %" for m in d.means)
        beside = f"{d.place:>5.2f}" if d.place is not None else ""
        objects = f"{d.objects:>+7.2f}" if d.objects is not None else ""
        p = "<.001" if d.p < 0.001 else f"{d.p:.3f}"
        effect = f"{d.delta:>+6.2f} {d.size:<10} {d.ks:>5.2f} {p:>7}"
        say(f"{d.name:<14} {train} {val}  {effect}  {beside}  {objects}".rstrip())


def _measured(workspace: Path | None, dataset: Path | None, scan: bool | None) -> tuple[Engine, Collection]:
    """The engine and the dataset, of which every image is measured."""
    engine, collection = current(workspace, dataset, scan)
    if engine.quality.unmeasured(collection):
        with progress("measuring", "images") as report:
            engine.quality.measure(collection, report)
    return engine, collection


def _odd_row(odd: OddImage) -> "OddRow":
    return {
        "image": sanitize_path(odd.row.image),
        "split": odd.row.split,
        "name": sanitize(odd.row.name),
        "kind": odd.kind.measure,
        "value": odd.value,
        "spreads": odd.spreads,
    }


def _places_row(found: "ClassPlaces", class_id: int) -> "ClassPlacesRow":
    lifts = [(i, found.likelier(class_id, i)) for i in range(NUM_OFFICIAL) if i != class_id]
    ordered = sorted(((i, lift) for i, lift in lifts if lift is not None), key=lambda pair: -pair[1])
    return {
        "id": class_id,
        "name": CLASSES[class_id].name,
        "masks": found.masks,
        "images": int(found.together[class_id, class_id]),
        "objects": int(found.objects[class_id].sum()),
        "median_size": found.median_size(class_id),
        "sizes": found.objects[class_id].tolist(),
        "together": [
            {"name": CLASSES[i].name, "images": int(found.together[class_id, i]), "lift": lift} for i, lift in ordered
        ],
        "heat": [[round(value, 5) for value in row] for row in found.heat[class_id].tolist()],
    }
