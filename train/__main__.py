"""The processes of training: `python -P -m bddseg_tui.train fit|evaluate|predict|export RUN`, `label-errors FOLDER`."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from bddseg_tui.core.data.corruptions import parse_corruptions, parse_severities
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.jobs.launch import several
from bddseg_tui.core.jobs.run_job import run_job
from bddseg_tui.core.processes.argument_parser import ArgumentParser
from bddseg_tui.core.processes.devices import see_only
from bddseg_tui.core.processes.process import LAUNCHER, become, end_with_launcher
from bddseg_tui.core.runs.config import validate
from bddseg_tui.core.runs.evaluation import evaluation_folder
from bddseg_tui.core.runs.export_kinds import parse_export_kind
from bddseg_tui.core.runs.queue import DEVICES, devices_for, needed
from bddseg_tui.core.runs.queue_wait import wait_for_turn
from bddseg_tui.core.runs.robustness import robustness_folder
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.tta import TTA_KINDS
from bddseg_tui.core.workspace.workspace import Workspace


def main(argv: list[str]) -> int:
    """Runs one job, or its share of one that several processes do; returns the exit code."""
    arguments = _parse(argv)
    if arguments.work == "label-errors":
        return _search(Path(arguments.run))
    run = Run(Path(arguments.run))
    Workspace(run.folder.parent.parent).sweep()
    if "RANK" in os.environ:
        end_with_launcher()
    rank = int(os.environ.get("RANK", "0"))
    return run_job(_folder(run, arguments), partial(_work, run, arguments), uses=[run.folder], rank=rank)


def _search(folder: Path) -> int:
    """A search for label errors, which makes models of its own or asks one that there is."""

    def work(job: JobWriter) -> None:
        from bddseg_tui.train.label_errors import search_label_errors

        job.check_stop()
        search_label_errors(folder, job)

    return run_job(folder, work)


def _work(run: Run, arguments: argparse.Namespace, job: JobWriter) -> None:
    if arguments.work == "fit":
        _take_devices(run, job, arguments.queue)
        from bddseg_tui.train.fit import fit_run

        job.check_stop()
        fit_run(run, job)
    elif arguments.work == "evaluate":
        from bddseg_tui.train.evaluate import OtherData, evaluate_run

        job.check_stop()
        other = OtherData(Path(arguments.data), arguments.data_key) if arguments.data else None
        evaluate_run(run, arguments.checkpoint, arguments.split, job, arguments.tta, other)
    elif arguments.work == "corrupt":
        from bddseg_tui.train.robustness import corrupt_run

        job.check_stop()
        kinds, severities = parse_corruptions(arguments.kinds), parse_severities(arguments.severities)
        corrupt_run(run, arguments.checkpoint, arguments.split, kinds, severities, job)
    elif arguments.work == "export":
        from bddseg_tui.train.export import export_run

        job.check_stop()
        export_run(run, arguments.checkpoint, arguments.kind, Path(arguments.to), job)
    else:
        from bddseg_tui.train.predict import predict_run

        job.check_stop()
        predict_run(run, arguments.checkpoint, arguments.split, Path(arguments.to), job)


def _take_devices(run: Run, job: JobWriter, queue: bool) -> None:
    """Has this process see the GPUs that the run is to train on, and no other; with `queue` it waits for them."""
    config = validate(run.spec["train"])
    if queue:
        devices = wait_for_turn(run, job)
    else:
        wants = devices_for(config)
        devices = wants[: needed(config, wants)]
        job.update(facts={DEVICES: list(devices)})
    if queue or ":" in config.device:
        see_only(devices)
    if queue and config.processes > 1:
        become(LAUNCHER, several(["fit", os.fspath(run.folder)], config.processes))


def _folder(run: Run, arguments: argparse.Namespace) -> Path:
    if arguments.work == "evaluate":
        key = arguments.data_key
        return evaluation_folder(run.folder, arguments.checkpoint, arguments.split, arguments.tta, key)
    if arguments.work == "corrupt":
        return robustness_folder(run.folder, arguments.checkpoint, arguments.split)
    if arguments.work in ("predict", "export"):
        return Path(arguments.job)
    return run.folder


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m bddseg_tui.train")
    works = parser.add_subparsers(dest="work", required=True)
    for name in ("fit", "evaluate", "predict", "export", "corrupt", "label-errors"):
        work = works.add_parser(name)
        work.add_argument("run")
        if name == "fit":
            work.add_argument("--queue", action="store_true")
        if name not in ("fit", "label-errors"):
            work.add_argument("--checkpoint", default="best")
            work.add_argument("--split", default="val")
        if name == "evaluate":
            work.add_argument("--tta", choices=TTA_KINDS, default="none")
            work.add_argument("--data", default="")
            work.add_argument("--data-key", default="")
        if name == "corrupt":
            work.add_argument("--kinds", required=True)
            work.add_argument("--severities", required=True)
        if name == "export":
            work.add_argument("--kind", required=True, type=parse_export_kind)
        if name in ("predict", "export"):
            work.add_argument("--to", required=True)
            work.add_argument("--job", required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
