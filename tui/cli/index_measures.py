"""How the measured error of an index, and the comparison of two, are printed."""

from typing import TYPE_CHECKING

from bddseg_tui.core.retrieval.calibration import CalibrationRecord
from bddseg_tui.core.retrieval.compare import ComparedClass
from bddseg_tui.core.retrieval.manifest import Manifest
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import CalibrationFacts, IndexComparison


def calibration_facts(calibration: CalibrationRecord | None) -> "CalibrationFacts | None":
    """What `--json` has of a calibration."""
    if calibration is None:
        return None
    return {
        "images": calibration["images"],
        "templates": calibration["templates"],
        "mean_average_precision": calibration["mean_average_precision"],
        "classes": calibration["classes"],
        "error": calibration["error"],
    }


def calibration_lines(found: Manifest) -> list[str]:
    """How far confidence can be trusted, and how well each class is found, in lines."""
    calibration = found.calibration
    if calibration is None:
        why = found.uncalibrated or "`bddseg-tui index build` calibrates it"
        return [f"not calibrated ({why}): whether an image fits is a guess, and “nothing fits” is never said"]
    error = calibration["error"]
    off, nothing, fits = (percent(error[k]) for k in ("calibration", "nothing", "fits"))
    lines = [
        f"calibrated on the masks of {calibration['images']:,} images, and tried on classes that were left out:",
        f"  confidence is {off} points off; wrongly “nothing fits” {nothing} %, wrongly “fits” {fits} %, "
        f"can't tell {percent(error['unsure'])} %",
        f"  class             images  average precision (mean {percent(calibration['mean_average_precision'])} %)",
    ]
    for row in sorted(calibration["classes"], key=lambda c: -c["average_precision"]):
        if not 0 < row["share"] < 1:
            continue
        note = "" if row["told"] else "   no better than chance" if row["area"] < 0.6 else "   hardly told"
        lines.append(
            f"  {row['name']:<16} {percent(row['share']):>5} %  {percent(row['average_precision']):>5} %{note}"
        )
    return lines


def comparison(first: Manifest, second: Manifest, classes: list[ComparedClass]) -> "IndexComparison":
    """What `--json` has of a comparison."""
    assert first.calibration is not None and second.calibration is not None
    return {
        "first": first.identity,
        "second": second.identity,
        "mean_first": first.calibration["mean_average_precision"],
        "mean_second": second.calibration["mean_average_precision"],
        "classes": [
            {"name": c.name, "share": c.share, "first": c.first, "second": c.second, "difference": c.difference}
            for c in classes
        ],
    }


def comparison_lines(first: Manifest, second: Manifest, classes: list[ComparedClass]) -> list[str]:
    """The same as a table, best gain first."""
    assert first.calibration is not None and second.calibration is not None
    means = first.calibration["mean_average_precision"], second.calibration["mean_average_precision"]
    lines = [f"average precision by class, %   A: {first.identity}   B: {second.identity}"]
    lines.append(f"{'class':<16} {'images':>8} {'A':>6} {'B':>6} {'B - A':>7}")
    for c in classes:
        values = f"{percent(c.first):>6} {percent(c.second):>6} {100 * c.difference:>+7.1f}"
        lines.append(f"{c.name:<16} {percent(c.share):>6} % {values}")
    values = f"{percent(means[0]):>6} {percent(means[1]):>6} {100 * (means[1] - means[0]):>+7.1f}"
    lines.append(f"{'mean':<16} {'':>8} {values}")
    return lines
