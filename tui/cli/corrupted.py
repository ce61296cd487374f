"""`evaluate --corrupt`: mIoU19 by kind and strength of what spoils the images."""

from typing import TYPE_CHECKING

from bddseg_tui.core.data.corruptions import parse_corruptions, parse_severities
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.robustness import Robustness
from bddseg_tui.core.runs.run import Run
from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.shared.robustness_text import robustness_lines

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.diagnosis_outputs import Corrupted


def measure_corrupted(
    engine: Engine, run: Run, split: str, checkpoint: str, kinds: str, severities: str, json: bool
) -> None:
    """Measures what is not measured yet, follows that, and prints all that is.

    Raises:
        UsageError: a kind or severity is not known.
        BddsegError: the job cannot be started, failed or was stopped.
    """
    wanted = parse_corruptions(kinds), parse_severities(severities)
    label = f"corrupt {run.name}"
    _, status = start_and_follow(engine, lambda: engine.quality.corrupt(run, *wanted, split, checkpoint), label)
    expect_finished(status, label)
    found = engine.quality.robustness(run, split, checkpoint)
    assert found is not None
    if json:
        print_json(corrupted(found))
        return
    for line in robustness_lines(found):
        say(line)


def corrupted(found: Robustness) -> "Corrupted":
    """What `--json` prints."""
    return {
        "run": found.run,
        "checkpoint": found.checkpoint,
        "split": found.split,
        "images": found.images,
        "cells": [
            {"kind": c["kind"], "severity": c["severity"], "miou19": c["miou19"], "iou": c["iou"]} for c in found.cells
        ],
        "worst": {
            kind: {"class": worst[0], "clean": worst[1], "corrupted": worst[2]}
            for kind in found.kinds
            if (worst := found.worst_class(kind))
        },
    }
