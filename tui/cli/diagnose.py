"""`diagnose`: for every class why its IoU is what it is."""

import shutil
from typing import TYPE_CHECKING, Annotated

import typer

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

if TYPE_CHECKING:
    from bddseg_tui.core.quality.class_parts import Part
    from bddseg_tui.core.quality.diagnosis import ClassDiagnosis, Diagnosis
    from bddseg_tui.tui.cli.json_output.diagnosis_outputs import ClassDiagnosed, Diagnosed, PartFigures


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(diagnose)


def diagnose(
    run: RunArgument,
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    parts: Annotated[bool, typer.Option("--parts", help="With recall and IoU by size, height and brightness.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say for every class why its IoU is what it is; text to paste into a bug report."""
    from bddseg_tui.core.quality.diagnosis_text import diagnosis_lines

    engine = open_engine(workspace)
    found = engine.quality.diagnose(find_evaluation(engine, run, split, checkpoint, tta))
    if json:
        print_json(diagnosed(found))
        return
    for line in diagnosis_lines(found, max(60, min(120, shutil.get_terminal_size((100, 24)).columns)), parts):
        say(line)


def diagnosed(found: "Diagnosis") -> "Diagnosed":
    """What `--json` prints."""
    return {
        "evaluation": found.evaluation,
        "images": found.images,
        "height": found.size[0],
        "width": found.size[1],
        "miou19_pooled": found.miou_pooled,
        "miou19_per_image": found.miou_per_image,
        "miou19_per_class_and_image": found.miou_per_class,
        "classes": [_class(c) for c in found.classes],
        "missing": list(found.missing),
    }


def _class(c: "ClassDiagnosis") -> "ClassDiagnosed":
    return {
        "id": c.id,
        "name": c.name,
        "line": c.line,
        "findings": [{"kind": f.kind, "text": f.text, "value": f.value} for f in c.findings],
        "iou_pooled": c.iou,
        "iou_per_image": c.iou_per_image,
        "recall": c.recall,
        "images": c.images,
        "train_images": c.train_images,
        "kept_iou": c.kept_iou,
        "offset_px": c.offset_px,
        "by_size": [_part(p) for p in c.by_size],
        "by_height": [_part(p) for p in c.by_height],
        "by_brightness": [_part(p) for p in c.by_brightness],
    }


def _part(p: "Part") -> "PartFigures":
    return {"name": p.name, "pixels": p.pixels, "recall": p.recall, "iou": p.iou}
