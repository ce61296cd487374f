"""What each ingredient of a recipe is worth: the same model trained with and without it, on the same images.

python -m benchmarks.recipes DATASET --workspace DIR [--rows NAME ...] [--set KEY=VALUE ...] [--json FILE]

A row is a preset with settings over it. It is trained and evaluated (on val, at the masks' own size) as the app's jobs
do it, one row after another, and its processor time is counted, which other work on the machine hardly changes, as it
does the time on the clock. Rows that the workspace has finished already are only read.
"""

import argparse
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.evaluation import Evaluation, load_evaluation
from bddseg_tui.core.runs.run import Run, create_run, list_runs
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import publish

ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cross-entropy": ("cross-entropy", ()),
    "another seed": ("cross-entropy", ("seed=1",)),
    "no ImageNet weights": ("cross-entropy", ("encoder_weights=none", "encoder_lr_factor=1")),
    "no augmentation": ("cross-entropy", ("scale_min=1", "scale_max=1", "color_jitter=0", "flip=false")),
    "mild zoom": ("cross-entropy", ("scale_min=0.75", "scale_max=1.5")),
    "no colour jitter": ("cross-entropy", ("color_jitter=0",)),
    "learning rate doubled": ("cross-entropy", ("learning_rate=2e-3",)),
    "encoder at the full rate": ("cross-entropy", ("encoder_lr_factor=1",)),
    "poly schedule": ("cross-entropy", ("schedule=poly",)),
    "mean of the weights": ("cross-entropy", ("ema=0.995",)),
    "rare crops": ("cross-entropy", ("rare_crops=0.5",)),
    "rare images": ("cross-entropy", ("rare_images=0.1",)),
    "Dice": ("cross-entropy", ("dice=0.5",)),
    "hard pixels": ("cross-entropy", ("hard_pixels=0.25",)),
    "label smoothing": ("cross-entropy", ("label_smoothing=0.05",)),
    "batches of 8": ("cross-entropy", ("batch_size=8",)),
    "class weights": ("cross-entropy", ("class_weights=inverse-sqrt",)),
    "unknown ignored": ("cross-entropy", ("unknown=ignore",)),
    "focal": ("focal", ()),
    "strong": ("strong", ()),
    "seed": ("seed", ()),
}
"""By name: preset and settings. The first is what the others are compared with."""


@dataclass(frozen=True)
class Outcome:
    """A row's figures; mIoU as fractions, `core_minutes` of processor time in training alone."""

    name: str
    core_minutes: float
    evaluation: Evaluation


def train_row(name: str, dataset: Path, workspace: Workspace, settings: list[str]) -> Outcome:
    """Trains and evaluates a row, unless the workspace has it."""
    preset, own = ROWS[name]
    label = f"row {name}"
    run = next((r for r in list_runs(workspace) if r.preset == label), None)
    if run is None:
        run = create_run(workspace, open_dataset(dataset).root, build_config(preset, [*settings, *own]), label)
    spent = run.folder / "core_minutes"
    if not spent.is_file():
        before = _children_s()
        _job("fit", run)
        write_text(spent, str((_children_s() - before) / 60))
    folder = run.folder / "evaluation" / "best-val"
    if not (folder / "result.json").is_file():
        _job("evaluate", run)
    return Outcome(name, float(spent.read_text("utf-8")), load_evaluation(folder))


def _job(work: str, run: Run) -> None:
    command = [sys.executable, "-P", "-m", "bddseg_tui.train", work, os.fspath(run.folder)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stdout=subprocess.DEVNULL)


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def figures(outcome: Outcome, base: Outcome | None) -> tuple[str, ...]:
    """A row of the table: name, processor time, mIoU over 19 and 20, the gain over `base`, classes never found."""
    result = outcome.evaluation
    gain = "" if base is None else f"{100 * ((result.miou19 or 0) - (base.evaluation.miou19 or 0)):+.1f}"
    never = [c.name for c in result.classes[:19] if c.iou == 0]
    accuracy = 100 * (result.pixel_accuracy or 0)
    return (
        outcome.name,
        f"{outcome.core_minutes:.1f}",
        f"{100 * (result.miou19 or 0):.1f}",
        gain,
        f"{100 * (result.miou20 or 0):.1f}",
        f"{accuracy:.1f}",
        ", ".join(never) or "-",
    )


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    workspace = Workspace(arguments.workspace)
    head = ("", "core-min", "mIoU 19", "gain", "mIoU 20", "accuracy", "classes at 0")
    rows, outcomes = list[tuple[str, ...]]([head]), list[Outcome]()
    for name in arguments.rows:
        outcomes.append(train_row(name, arguments.dataset, workspace, arguments.settings))
        rows.append(figures(outcomes[-1], outcomes[0] if len(outcomes) > 1 else None))
        print("  ".join(rows[-1]), flush=True)
    facts = {o.name: {"core_minutes": o.core_minutes, "miou19": o.evaluation.miou19} for o in outcomes}
    publish(f"recipes on {arguments.dataset.name}, {' '.join(arguments.settings)}", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
