"""`python -P -m bddseg_tui.train fit|evaluate|predict RUN ...`: one job, from its start to its last status."""

import argparse
import contextlib
import logging
import os
import sys
import traceback
import warnings
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.jobs.job import State, Status, write_status
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.jobs.use_lock import in_use
from bddseg_tui.core.processes.argument_parser import ArgumentParser
from bddseg_tui.core.processes.locks import USE, take_over
from bddseg_tui.core.processes.process import end_with_launcher, yield_to_people
from bddseg_tui.core.runs.evaluation import evaluation_folder
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.job_writer import Reporter, Silent, StopRequestedError


def main(argv: list[str]) -> int:
    """Runs one job; returns its exit code. Whatever happens is in the job's status and events."""
    arguments = _parse(argv)
    run = Run(Path(arguments.run))
    folder = _folder(run, arguments)
    yield_to_people()
    Workspace(run.folder.parent.parent).sweep()
    if "RANK" in os.environ:
        end_with_launcher()
    is_main = int(os.environ.get("RANK", "0")) == 0
    try:
        # What this process works with is not deleted before it has said its last word.
        used = take_over(run.folder / USE) or in_use(run.folder)
        reporter = Reporter(folder) if is_main else Silent(folder)
    except BddsegError as error:
        print(f"error: {error}", flush=True)
        return 1
    except OSError as error:
        with contextlib.suppress(OSError):
            write_status(folder, Status("failed", message=str(disk_error(error, folder))))
        return 1
    try:
        reporter.update(force=True, state="starting", phase="loading libraries")
        _work(run, arguments, reporter)
        reporter.update(force=True, state="finished", phase="", message="")
        return 0
    except StopRequestedError:
        _last_words(reporter, "stop", "stopped", "stopped on request")
        return 0
    except BddsegError as error:
        _last_words(reporter, "fail", "failed", str(error))
    except OSError as error:
        _last_words(reporter, "fail", "failed", f"{_where(error, folder)}: {disk_reason(error)}")
    except Exception as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        _last_words(reporter, "fail", "failed", f"{type(error).__name__}: {error} (more in log.txt)")
    finally:
        reporter.close()
        used.release()
    return 1


def _work(run: Run, arguments: argparse.Namespace, reporter: Reporter) -> None:
    warnings.filterwarnings("ignore")
    logging.getLogger("torch").setLevel(logging.ERROR)
    if arguments.work == "fit":
        from bddseg_tui.train.fit import fit_run

        reporter.check_stop()
        fit_run(run, reporter)
    elif arguments.work == "evaluate":
        from bddseg_tui.train.evaluate import evaluate_run

        reporter.check_stop()
        evaluate_run(run, arguments.checkpoint, arguments.split, reporter, arguments.tta)
    elif arguments.work == "export":
        from bddseg_tui.train.export import export_run, parse_kind

        reporter.check_stop()
        export_run(run, arguments.checkpoint, parse_kind(arguments.kind), Path(arguments.to), reporter)
    else:
        from bddseg_tui.train.predict import predict_run

        reporter.check_stop()
        predict_run(run, arguments.checkpoint, arguments.split, Path(arguments.to), reporter)


def _where(error: OSError, folder: Path) -> str:
    named = error.filename
    return sanitize_path(named if isinstance(named, str | bytes) else folder)


def _last_words(reporter: Reporter, kind: Kind, state: State, message: str) -> None:
    """Event and status of the end; on a disk that is full either may fail, and the log too: the rest still counts."""
    with contextlib.suppress(OSError):
        reporter.event(kind, message=message)
    with contextlib.suppress(OSError):
        reporter.update(force=True, state=state, phase="", message=message)
    with contextlib.suppress(OSError):
        print(f"{state}: {message}", flush=True)


def _folder(run: Run, arguments: argparse.Namespace) -> Path:
    if arguments.work == "evaluate":
        return evaluation_folder(run.folder, arguments.checkpoint, arguments.split, arguments.tta)
    if arguments.work in ("predict", "export"):
        return Path(arguments.job)
    return run.folder


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m bddseg_tui.train")
    works = parser.add_subparsers(dest="work", required=True)
    for name in ("fit", "evaluate", "predict", "export"):
        work = works.add_parser(name)
        work.add_argument("run")
        if name != "fit":
            work.add_argument("--checkpoint", default="best")
            work.add_argument("--split", default="val")
        if name == "evaluate":
            work.add_argument("--tta", choices=("none", "flip", "scales"), default="none")
        if name == "export":
            work.add_argument("--kind", required=True)
        if name in ("predict", "export"):
            work.add_argument("--to", required=True)
            work.add_argument("--job", required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
