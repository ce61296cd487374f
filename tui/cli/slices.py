"""`slices`: scores of parts of a split."""

from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli.opening import find_evaluation, open_engine
from bddseg_tui.tui.cli.options import (
    CheckpointOption,
    JsonOption,
    RunArgument,
    SplitOption,
    TtaOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.shared.format import percent, percentage_points

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.slices import Slice
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import SliceRow


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(slices)


def slices(
    run: RunArgument,
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Score parts of a split: by tag, by the classes in an image, by brightness."""
    engine = open_engine(workspace)
    evaluation = find_evaluation(engine, run, split, checkpoint, tta)
    found = engine.analysis.slices(evaluation)
    if json:
        print_json([_row(part) for part in found])
        return
    say(f"{'images':>8} {'mIoU19':>7} {'Δ':>6} {'pixel acc.':>11}  slice ({evaluation.name})")
    whole = evaluation.miou19
    for part in found:
        miou = part.scores.miou19
        change = percentage_points(None if whole is None else miou - whole)
        figures = f"{percent(None if miou != miou else miou):>7} {change:>6} {percent(part.scores.pixel_accuracy):>11}"
        say(f"{part.images:>8,} {figures}  {sanitize(part.query)}" + ("  (few images)" if part.few else ""))


def _row(part: "Slice") -> "SliceRow":
    figures = part.scores.summary()
    return {
        "slice": part.query,
        "images": part.images,
        "pixel_accuracy": figures["pixel_accuracy"],
        "pixel_accuracy20": figures["pixel_accuracy20"],
        "miou19": figures["miou19"],
        "miou20": figures["miou20"],
    }
