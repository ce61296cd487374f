"""`python -P -m bddseg_tui.index build|map|duplicates|label-next|tag|retriever ...`: the processes of retrieval."""

import argparse
import sys
from functools import partial
from pathlib import Path

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.jobs.run_job import run_job
from bddseg_tui.core.processes.argument_parser import ArgumentParser
from bddseg_tui.core.workspace.workspace import MAP_FOLDER


def build(arguments: argparse.Namespace, job: JobWriter) -> None:
    """Embeds a dataset into the index folder.

    Raises:
        BddsegError: the dataset or the model cannot be opened, or not one image can be read.
        OSError: the disk is full.
        StopRequestedError: SIGTERM came; what was committed stays.
    """
    job.update(state="running", phase="load")
    from bddseg_tui.index.build import build_index
    from bddseg_tui.index.clip import load_clip
    from bddseg_tui.index.device_encoders import index_devices
    from bddseg_tui.index.vector_table import clear_vectors

    job.check_stop()
    dataset = open_dataset(arguments.root)
    clip = load_clip(arguments.model, arguments.device or None, arguments.download)
    job.event("start", model=clip.identity, dimension=clip.dimension)
    if arguments.fresh:
        # Not before the model is there: else a name that was mistyped would cost the old index.
        clear_vectors(arguments.folder)

    def progress(phase: str, done: int, total: int) -> None:
        job.update(phase=phase)
        job.progress(done, total)

    devices = index_devices(arguments.device)
    manifest = build_index(dataset, clip, arguments.folder, progress, arguments.batch or None, devices=devices)
    job.event("built", **{key: manifest[key] for key in ("count", "encoded", "seconds", "failures")})


def find_duplicates(arguments: argparse.Namespace, job: JobWriter) -> None:
    """Looks for duplicates in a dataset.

    Raises:
        BddsegError: the dataset or its index cannot be read, or the catalog cannot be written.
        StopRequestedError: SIGTERM came; what was found before stays.
    """
    job.update(state="running", phase="load")
    from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE
    from bddseg_tui.index import duplicates_job

    def progress(phase: str, done: int, total: int) -> None:
        job.update(phase=phase)
        job.progress(done, total)

    to = arguments.folder / DUPLICATES_FILE
    wanted = duplicates_job.DuplicatesWanted(
        arguments.root, to, arguments.catalog, arguments.index, arguments.model, arguments.device
    )
    duplicates_job.find_duplicates(wanted, progress)


def lay_out_map(arguments: argparse.Namespace, job: JobWriter) -> None:
    """Lays the images of an index out and keeps their places in the dataset's catalog.

    Raises:
        BddsegError: there is no index, the library is not there, or the catalog cannot be written.
        StopRequestedError: SIGTERM came; the places are as they were.
    """
    job.update(state="running", phase="load")
    from bddseg_tui.index.map_job import MapWanted, make_map

    def progress(phase: str, done: int, total: int) -> None:
        job.update(phase=phase)
        job.progress(done, total)

    wanted = MapWanted(
        arguments.root, arguments.folder, arguments.catalog, arguments.model, keep_places=not arguments.fresh
    )
    record = make_map(wanted, progress)
    job.event("built", count=record["images"], encoded=record["placed"], seconds=record["seconds"], failures=0)


def choose_to_label(arguments: argparse.Namespace, job: JobWriter) -> None:
    """Chooses which images to label next.

    Raises:
        BddsegError: there is no index, or nothing to label, or the catalog cannot be written.
        StopRequestedError: SIGTERM came; what was chosen before stays.
    """
    job.update(state="running", phase="load")
    from bddseg_tui.index import label_next_job

    def progress(phase: str, done: int, total: int) -> None:
        job.update(phase=phase)
        job.progress(done, total)

    given = arguments.root, arguments.catalog, arguments.index, arguments.count
    wanted = label_next_job.LabelNextWanted(*given, arguments.evaluation or None, arguments.filter)
    label_next_job.label_next(wanted, progress)


def propose_tags(arguments: argparse.Namespace, job: JobWriter) -> None:
    """Proposes tags by words.

    Raises:
        BddsegError: there is no index, or the catalog cannot be written.
        StopRequestedError: SIGTERM came; the phrases that were done have their tags.
    """
    job.update(state="running", phase="load")
    from bddseg_tui.core.quality.proposed_tags import PROPOSALS_FILE
    from bddseg_tui.index import zero_shot

    def progress(phase: str, done: int, total: int) -> None:
        job.update(phase=phase)
        job.progress(done, total)

    a = arguments
    to = a.folder / PROPOSALS_FILE
    zero_shot.propose_tags(
        zero_shot.TagsWanted(a.root, a.catalog, a.index, to, a.model, a.text, a.least, a.device), progress
    )


def main(argv: list[str]) -> int:
    """Runs one job or the retriever; returns the exit code."""
    arguments = _parse(argv)
    if arguments.work == "build":
        stopped = "stopped; building again goes on from here"
        return run_job(arguments.folder, partial(build, arguments), stopped=stopped)
    if arguments.work == "map":
        return run_job(arguments.folder / MAP_FOLDER, partial(lay_out_map, arguments))
    if arguments.work == "duplicates":
        return run_job(arguments.folder, partial(find_duplicates, arguments))
    if arguments.work == "label-next":
        return run_job(arguments.folder, partial(choose_to_label, arguments))
    if arguments.work == "tag":
        return run_job(arguments.folder, partial(propose_tags, arguments))
    if arguments.socket is not None:
        from bddseg_tui.index.shared_retriever import serve_socket

        return serve_socket(arguments.socket, arguments.path, 60 * arguments.minutes)
    from bddseg_tui.index.pipe_retriever import main as serve

    return serve()


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m bddseg_tui.index")
    works = parser.add_subparsers(dest="work", required=True)
    work = works.add_parser("build")
    work.add_argument("root", type=Path)
    work.add_argument("folder", type=Path)
    work.add_argument("--model", default="demo")
    work.add_argument("--device", default="")
    work.add_argument("--batch", type=int, default=0)
    work.add_argument("--download", action="store_true")
    work.add_argument("--fresh", action="store_true")
    work = works.add_parser("map")
    work.add_argument("root", type=Path)
    work.add_argument("folder", type=Path, help="of the index")
    work.add_argument("catalog", type=Path)
    work.add_argument("--model", default="demo")
    work.add_argument("--fresh", action="store_true")
    work = works.add_parser("duplicates")
    work.add_argument("root", type=Path)
    work.add_argument("folder", type=Path, help="of the job")
    work.add_argument("catalog", type=Path)
    work.add_argument("index", type=Path, help="where an index of the dataset is or would be")
    work.add_argument("--model", default="demo")
    work.add_argument("--device", default="")
    work = works.add_parser("label-next")
    work.add_argument("root", type=Path)
    work.add_argument("folder", type=Path, help="of the job")
    work.add_argument("catalog", type=Path)
    work.add_argument("index", type=Path)
    work.add_argument("--count", type=int, default=100)
    work.add_argument("--evaluation", default="")
    work.add_argument("--filter", default="")
    work = works.add_parser("tag")
    work.add_argument("root", type=Path)
    work.add_argument("folder", type=Path, help="of the job")
    work.add_argument("catalog", type=Path)
    work.add_argument("index", type=Path)
    work.add_argument("--model", default="demo")
    work.add_argument("--device", default="")
    work.add_argument("--text", default="")
    work.add_argument("--least", type=float, default=0.8)
    work = works.add_parser("retriever")
    work.add_argument("--socket", type=int, help="the handle of a socket that listens; else standard input is read")
    work.add_argument("--path", type=Path, help="where that socket lies")
    work.add_argument("--minutes", type=float, default=10, help="how long it waits for another request")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
