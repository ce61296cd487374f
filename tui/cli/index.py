"""`bddseg-tui index ...`: build an index of a dataset, search it, and say what it is."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from bddseg_tui.core.engine import Collection, Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.options import NOTHING_BELOW
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.follow import start_and_follow
from bddseg_tui.tui.cli.output import (
    DatasetArgument,
    JsonOption,
    WorkspaceOption,
    engine,
    note,
    print_json,
    progress,
    say,
    tell,
)

app = typer.Typer(no_args_is_help=True, help="Embed a dataset with CLIP and search it by meaning.")

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        parser=typed_path,
        help="The dataset; the last one opened if left out.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="CLIP: demo, a folder, or MODEL/WEIGHTS; else as set.", show_default=False),
]
FilterOption = Annotated[
    str, typer.Option("--filter", help="Only among these, such as 'split:test class:bus>1% tag:night'.")
]
TopOption = Annotated[int, typer.Option("--top", min=1, max=500, help="How many.")]
DownloadOption = Annotated[bool, typer.Option("--download", help="Fetch weights that are not in the cache.")]


@app.command()
def build(
    dataset: DatasetArgument,
    model: ModelOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the old index away first.")] = False,
    batch: Annotated[int, typer.Option(min=0, help="Images a batch; 0 chooses.")] = 0,
    download: DownloadOption = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the job goes on.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Embed every image that is new or changed; goes on where it was stopped."""
    core = engine(workspace)
    collection = core.data.open(dataset)
    root = collection.dataset.root

    def start() -> Path:
        return core.retrieval.build(root, model, fresh=fresh, download=download, batch=batch)

    if detach:
        folder = start()
        tell(json, f"building in {sanitize_path(folder)}", folder=sanitize_path(folder))
        return
    _, status = start_and_follow(core, start, "index")
    if status.state != "finished":
        raise BddsegError(status.message or f"building ended as {status.state}")
    found = core.retrieval.info(root, model)
    assert found is not None
    _tell_info(found, json)


@app.command()
def stop(
    dataset: DatasetArgument, model: ModelOption = None, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """Stop a build; `index build` goes on where it stopped."""
    core = engine(workspace)
    root = core.data.open(dataset).dataset.root
    core.retrieval.stop_build(root, model)
    status = core.runs.wait(core.retrieval.index_folder(root, model))
    tell(json, f"building {status.state}", state=status.state)


@app.command()
def info(
    dataset: DatasetArgument, model: ModelOption = None, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """Say what the index of a dataset is: its model, images, and the graph's recall."""
    core = engine(workspace)
    root = core.data.open(dataset).dataset.root
    found = core.retrieval.info(root, model)
    if problem := core.retrieval.info_problem(root, model):
        raise BddsegError(f"the index's manifest is damaged ({problem}): `bddseg-tui index build` makes it anew")
    if found is None:
        raise BddsegError(f"there is no finished index: build it with `bddseg-tui index build {sanitize_path(root)}`")
    _tell_info(found, json)


def _tell_info(found: Any, json: bool) -> None:
    speed = f", {found.images_per_second:,.0f} images/s" if found.images_per_second else ""
    facts = {
        "model": found.model,
        "identity": found.identity,
        "dimension": found.dimension,
        "images": found.count,
        "failures": found.failures,
        "sha256": found.sha256,
        "images_per_second": found.images_per_second,
        "graph": found.graph,
        "folder": sanitize_path(found.folder),
    }
    bad = f", {found.failures:,} could not be read" if found.failures else ""
    how = "exact search" if found.graph is None else f"hnswlib, recall@10 {found.graph.get('recall')}"
    text = f"{found.count:,} images by {found.identity}, {found.dimension} numbers each, {how}{speed}{bad}"
    tell(json, f"{text}\n{sanitize_path(found.folder)}", **facts)


@app.command()
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Phrases: 'heavy rain; 2: red bus; -night'.")] = "",
    like: Annotated[
        Path | None,
        typer.Option(
            "--like",
            metavar="IMAGE",
            parser=typed_path,
            help="Search for images like this file.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    filter_text: FilterOption = "",
    top: TopOption = 9,
    model: ModelOption = None,
    fusion: Annotated[str, typer.Option(help="Several phrases: product, mean, joint or least.")] = "",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Find the images that fit some phrases, or that look like an image."""
    if not text.strip() and not like:
        raise UsageError('search for what? for example: bddseg-tui index search "heavy rain; -night"')
    core = engine(workspace)
    collection = open_last(core, data, scan=bool(filter_text.strip()))
    changes = {k: v for k, v in (("clip", model), ("fusion", fusion)) if v}
    answering = core.retrieval.search(
        collection, text, like="" if like is None else os.fspath(like), filter_text=filter_text, top=top, **changes
    )
    items = answering.result()["items"]
    if json:
        keys = ("name", "path", "score", "confidence")
        print_json([{k: sanitize_path(i[k]) if k == "path" else i[k] for k in keys} for i in items])
        return
    if not items:
        note("nothing: the filter leaves no image of the index")
    for item in items:
        more = f"  (+{len(item['duplicates'])} alike)" if item["duplicates"] else ""
        say(f"{item['confidence']:>6.1%}  {item['score']:+.3f}  {sanitize_path(item['path'])}{more}")
    if items and items[0]["confidence"] < NOTHING_BELOW:
        note("nothing seems to fit; these are the nearest")


def open_last(core: Engine, data: Path | None, scan: bool) -> Collection:
    """The dataset that was named, or the last one, or the demo; scanned where a filter needs its counts."""
    from bddseg_tui.core.settings import load_settings

    root = data or load_settings(core.workspace).dataset_path
    if root is None and core.workspace.demo.is_dir():
        root = core.workspace.demo
    if root is None:
        raise UsageError("which dataset? name it with --data DIR")
    collection = core.data.open(root)
    if scan:
        with progress("scanning", "samples") as report:
            core.data.scan(collection, report)
    return collection
