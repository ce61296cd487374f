"""`data label-errors`: which masks are wrong, by models that did not see them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.follow_job import start_and_follow
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import JsonOption, OptionalDatasetArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say, tell
from bddseg_tui.tui.cli.training_options import SetOption
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.core.quality.label_findings import Findings
    from bddseg_tui.tui.cli.json_output.quality_outputs import LabelErrors, LabelErrorsBegun

FoldsOption = Annotated[
    int,
    typer.Option(min=2, max=20, help="Models that are trained, each asked about the masks that it did not see."),
]
RunOption = Annotated[
    str,
    typer.Option(
        "--run",
        metavar="RUN",
        help="Ask this run's model instead: at once, but errors that it learned from are not found.",
        autocompletion=completions.runs,
    ),
]


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command("label-errors")(label_errors)


def label_errors(
    dataset: OptionalDatasetArgument = None,
    folds: FoldsOption = 4,
    run: RunOption = "",
    settings: SetOption = None,
    found: Annotated[bool, typer.Option("--found", help="Only tell what was found last.")] = False,
    top: Annotated[int, typer.Option("--top", min=0, help="How many images to tell; 0 tells all.")] = 20,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the job goes on.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Search masks that are labelled wrongly; goes on where it was stopped."""
    engine = open_engine(workspace)
    collection = open_dataset(engine, dataset)
    root = collection.dataset.root
    if found and (run or settings or detach):
        raise UsageError("--found tells what was found: it takes no --run, --set or --detach")
    if not found:

        def start() -> Path:
            return engine.quality.search_label_errors(root, folds, run, settings or ())

        if detach:
            begun: LabelErrorsBegun = {"folder": sanitize_path(start())}
            tell(json, f"searching in {begun['folder']}", begun)
            return
        _, status = start_and_follow(engine, start, "label errors")
        if status.state != "finished":
            raise BddsegError(status.message or f"searching ended as {status.state}")
    findings = engine.quality.label_findings(collection)
    if findings is None:
        raise BddsegError(f"nothing was searched yet: `bddseg-tui data label-errors {sanitize_path(root)}` does")
    if json:
        print_json(_facts(findings, top))
        return
    note(findings.about)
    for line in _lines(findings, top):
        say(line)


def _lines(findings: "Findings", top: int) -> list[str]:
    images = findings.images[: top or None]
    lines = [f"{findings.suspect:,} of {len(findings.images):,} masks are suspect"]
    if findings.swaps:
        lines += ["", "what is labelled as what      areas images  % of the label"]
        for swap in findings.swaps[:20]:
            names = f"{CLASSES[swap.predicted].name} as {CLASSES[swap.given].name}"
            lines.append(f"{names:<29} {swap.areas:>5,} {swap.images:>6,}  {percent(swap.share)}")
    if images:
        lines += ["", "score  the worst masks"]
    for image in images:
        what = ""
        if image.given is not None and image.predicted is not None:
            names = f"{CLASSES[image.predicted].name} as {CLASSES[image.given].name}"
            what = f"  {names}, {percent(image.share)} % of the image"
        lines.append(f"{image.score:>5.2f}  {sanitize_path(image.sample)}{what}")
    return [*lines, "", "`label<50%` and `sort:label` are filter and order in the Dataset pane"]


def _facts(findings: "Findings", top: int) -> "LabelErrors":
    return {
        "about": findings.about,
        "made": findings.made,
        "masks": len(findings.images),
        "suspect": findings.suspect,
        "swaps": [
            {
                "given": CLASSES[swap.given].slug,
                "predicted": CLASSES[swap.predicted].slug,
                "areas": swap.areas,
                "images": swap.images,
                "share": swap.share,
            }
            for swap in findings.swaps
        ],
        "images": [
            {
                "image": sanitize_path(image.sample),
                "score": image.score,
                "given": None if image.given is None else CLASSES[image.given].slug,
                "predicted": None if image.predicted is None else CLASSES[image.predicted].slug,
                "share": image.share,
            }
            for image in findings.images[: top or None]
        ],
    }
