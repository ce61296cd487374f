"""`runs samples`: what a run predicted for a few validation images after each epoch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, RunArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.core.runs.samples import Samples
    from bddseg_tui.tui.cli.json_output.training_outputs import RunSamples

ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="DIR",
        parser=typed_path,
        help="Write pictures there: image, actual and predicted of each epoch, and a GIF of each image.",
        show_default=False,
    ),
]


def samples(run: RunArgument, to: ToOption = None, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show how the predictions of a few validation images went from epoch to epoch."""
    engine = open_engine(workspace)
    found = engine.runs.find(run)
    kept = engine.runs.samples(found)
    files = [sanitize_path(path) for path in engine.runs.write_samples(found, to)] if to is not None else []
    if json:
        print_json(_facts(found.name, kept, files))
    elif not kept.epochs:
        note(f"{found.name} has kept no predictions yet: it does after each epoch, unless samples=0")
    else:
        _print(kept)
        if to is not None:
            say(f"{len(files)} pictures in {sanitize_path(to)}")


def _print(kept: "Samples") -> None:
    """Pixels that are right in percent, an epoch a row and an image a column."""
    for image in kept.images:
        say(f"{image.number}  {sanitize_path(image.image)}")
    say(
        f"{'epoch':>7} {'mIoU19':>7} "
        + " ".join(f"{image.number:>6}" for image in kept.images)
        + "   % of pixels right"
    )
    for epoch in kept.epochs:
        shares = " ".join(f"{percent(epoch.accuracy.get(image.number)):>6}" for image in kept.images)
        say(f"{epoch.epoch:>7} {percent(epoch.miou19):>7} {shares}")


def _facts(name: str, kept: "Samples", files: list[str]) -> "RunSamples":
    return {
        "run": name,
        "images": [
            {"number": i.number, "image": sanitize_path(i.image), "mask": sanitize_path(i.mask)} for i in kept.images
        ],
        "epochs": [
            {
                "epoch": e.epoch,
                "step": e.step,
                "miou19": e.miou19,
                "predictions": [
                    {"number": number, "file": sanitize_path(e.prediction(number)), "pixel_accuracy": share}
                    for number, share in sorted(e.accuracy.items())
                ],
            }
            for e in kept.epochs
        ],
        "files": files,
    }
