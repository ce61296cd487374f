"""`python -P -m bddseg_tui.index build|retriever|train ...`: the jobs of retrieval."""

import argparse
import sys
import traceback
from pathlib import Path

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.jobs.job_writer import Reporter, StopRequestedError
from bddseg_tui.core.processes.argument_parser import ArgumentParser
from bddseg_tui.core.processes.process import yield_to_people
from bddseg_tui.core.sanitize import sanitize


def build(arguments: argparse.Namespace) -> int:
    """Embeds a dataset; speaks through the index folder as every job does."""
    reporter = Reporter(arguments.folder)
    try:
        reporter.update(force=True, state="running", phase="load")
        from bddseg_tui.index.build import build_index
        from bddseg_tui.index.clip import load_clip
        from bddseg_tui.index.vector_table import clear_vectors

        clip = load_clip(arguments.model, arguments.device or None, arguments.download)
        reporter.event("start", model=clip.identity, dimension=clip.dimension)
        if arguments.fresh:
            # Not before the model is there: else a name that was mistyped would cost the old index.
            clear_vectors(arguments.folder)

        def report(phase: str, done: int, total: int) -> None:
            reporter.update(phase=phase)
            reporter.progress(done, total)

        manifest = build_index(open_dataset(arguments.root), clip, arguments.folder, report, arguments.batch or None)
        reporter.event("built", **{k: manifest[k] for k in ("count", "encoded", "seconds", "failures")})
        reporter.update(force=True, state="finished", phase="", message="")
        return 0
    except StopRequestedError:
        reporter.update(force=True, state="stopped", message="stopped; building again goes on from here")
        return 0
    except Exception as error:
        if isinstance(error, OSError):
            error = disk_error(error, None if error.filename else arguments.folder)
        if isinstance(error, BddsegError):
            message = str(error)
            print(f"error: {message}", flush=True)
        else:
            traceback.print_exc()
            message = f"{type(error).__name__}: {sanitize(str(error))[:200]}"
        try:
            reporter.update(force=True, state="failed", message=message)
        except OSError as full:
            print(f"could not write the status: {disk_reason(full)}", flush=True)
        return 1
    finally:
        reporter.close()


def main(words: list[str]) -> int:
    """Runs one job."""
    parser = ArgumentParser(prog="python -m bddseg_tui.index")
    jobs = parser.add_subparsers(dest="job", required=True)
    job = jobs.add_parser("build")
    job.add_argument("root", type=Path)
    job.add_argument("folder", type=Path)
    job.add_argument("--model", default="demo")
    job.add_argument("--device", default="")
    job.add_argument("--batch", type=int, default=0)
    job.add_argument("--download", action="store_true")
    job.add_argument("--fresh", action="store_true")
    jobs.add_parser("retriever")
    arguments = parser.parse_args(words)
    if arguments.job == "build":
        yield_to_people()
        return build(arguments)
    from bddseg_tui.index.retriever import main as serve

    return serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
