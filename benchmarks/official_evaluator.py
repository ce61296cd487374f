"""Our figures beside the official bdd100k evaluator's, on the same predictions, to six digits.

python -m benchmarks.official_evaluator RUN [--checkpoint best] [--split val] [--official PYTHON]

RUN is evaluated anew if it was not; the official toolkit reads the written PNGs and the dataset's own masks. It gets an
environment of its own at first use, unless one is named. Its "Acc" column is precision, whatever its name says.
"""

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bddseg_tui.core.classes import NUM_OFFICIAL
from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.evaluation import evaluation_folder, load_evaluation
from bddseg_tui.core.workspace.workspace import open_workspace
from benchmarks.peer_environment import peer_python
from benchmarks.report import publish

TOLERANCE = 1e-6
OFFICIAL = ("bdd100k==1.0.1", "scalabel==0.3.1", "pydantic==1.10.27", "numpy==2.4.6")


def official_figures(python: Path, truth: Path, predictions: Path, folder: Path) -> dict[str, Any]:
    """What the toolkit writes: IoU, Acc, fIoU and pAcc, in percent."""
    out = folder / "out.json"
    words = ["-t", "sem_seg", "-g", str(truth), "-r", str(predictions), "--nproc", "2", "--out-file", str(out)]
    subprocess.run([str(python), "-m", "bdd100k.eval.run", *words], check=True, capture_output=True)
    return dict(json.loads(out.read_text()))


def main() -> None:
    """Evaluates if need be, compares, and ends with 1 where a figure differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--official", type=Path, help="python of an environment with bdd100k in it")
    parser.add_argument("--checkpoint", default="best")
    parser.add_argument("--split", default="val")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    engine = Engine(open_workspace(arguments.workspace))
    run = engine.runs.find(arguments.run)
    folder = evaluation_folder(run.folder, arguments.checkpoint, arguments.split)
    if not (folder / "result.json").exists():
        status = engine.runs.wait(engine.runs.evaluate(run, arguments.split, arguments.checkpoint))
        assert status.state == "finished", status.message
    ours = load_evaluation(folder)
    masks = [s.mask for s in list_samples(open_dataset(run.dataset)) if s.split == arguments.split and s.mask]
    with tempfile.TemporaryDirectory() as scratch:
        truth = Path(scratch) / "truth"
        truth.mkdir()
        for mask in masks:
            (truth / mask.name).symlink_to(mask)
        python = arguments.official or peer_python("bdd100k", *OFFICIAL)
        theirs = official_figures(python, truth, folder / "predictions", Path(scratch))
    rows, worst = compare(ours.raw, theirs)
    publish(f"{ours.name}: {ours.images} images", rows, {"largest_difference": worst}, arguments.json)
    print(f"largest difference {worst:.2e}: {'equal' if worst < TOLERANCE else 'NOT EQUAL'} to 6 digits")
    raise SystemExit(0 if worst < TOLERANCE else 1)


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[list[tuple[str, ...]], float]:
    """The table, and the largest difference of all figures as fractions."""
    per_class, averages = theirs["IoU"]
    precisions = theirs["Acc"][0]
    pairs: list[tuple[str, float | None, float | None]] = [
        ("mIoU19", ours["miou19"], averages["AVERAGE"]),
        ("pixel accuracy", ours["pixel_accuracy"], theirs["pAcc"]),
    ]
    for row in ours["classes"][:NUM_OFFICIAL]:
        pairs.append((f"IoU {row['name']}", row["iou"], per_class[row["name"]]))
        pairs.append((f"precision {row['name']}", row["precision"], precisions[row["name"]]))
    rows: list[tuple[str, ...]] = [("", "ours", "official")]
    worst = 0.0
    for name, mine, official in pairs:
        expected = None if official is None or math.isnan(official) or official < 0 else official / 100
        rows.append((name, *("-" if value is None else f"{value:.8f}" for value in (mine, expected))))
        if mine is not None and expected is not None:
            worst = max(worst, abs(mine - expected))
    return rows, worst


if __name__ == "__main__":
    main()
