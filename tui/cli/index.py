"""`index build`, `stop`, `unload`, `info`, `compare` and `search`: an index, and searching it by meaning."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.options import choices
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions, index_blind, index_map, index_tags
from bddseg_tui.tui.cli.follow_job import start_and_follow
from bddseg_tui.tui.cli.found_images import candidate_image
from bddseg_tui.tui.cli.index_measures import calibration_facts, calibration_lines, comparison, comparison_lines
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import (
    DataOption,
    DownloadOption,
    FilterOption,
    JsonOption,
    ModelOption,
    OptionalDatasetArgument,
    SecondLookOption,
    TopOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import note, print_json, say, tell
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import IndexBegun, IndexFacts, IndexStopped, ModelsUnloaded

index_app = typer.Typer(no_args_is_help=True, help="Embed a dataset with CLIP and search it by meaning.")
index_tags.add_to(index_app)


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    index_map.add_to(index_app)
    index_blind.add_to(index_app)
    app.add_typer(index_app, name="index", rich_help_panel=panel)


@index_app.command()
def build(
    dataset: OptionalDatasetArgument = None,
    model: ModelOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the old index away first.")] = False,
    batch: Annotated[int, typer.Option(min=0, help="Images a batch; 0 chooses.")] = 0,
    download: DownloadOption = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the job goes on.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Embed every image that is new or changed; goes on where it was stopped."""
    engine = open_engine(workspace)
    collection = open_dataset(engine, dataset)
    root = collection.dataset.root

    def start() -> Path:
        return engine.retrieval.build(root, model, fresh=fresh, download=download, batch=batch)

    if detach:
        folder = start()
        begun: IndexBegun = {"folder": sanitize_path(folder)}
        tell(json, f"building in {begun['folder']}", begun)
        return
    _, status = start_and_follow(engine, start, "index")
    if status.state != "finished":
        raise BddsegError(status.message or f"building ended as {status.state}")
    found = engine.retrieval.info(root, model)
    assert found is not None
    _tell_info(found, json)


@index_app.command()
def stop(
    dataset: OptionalDatasetArgument = None,
    model: ModelOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Stop a build; `index build` goes on where it stopped."""
    engine = open_engine(workspace)
    root = open_dataset(engine, dataset).dataset.root
    engine.retrieval.stop_build(root, model)
    status = engine.runs.wait(engine.retrieval.index_folder(root, model))
    stopped: IndexStopped = {"state": status.state}
    tell(json, f"building {status.state}", stopped)


@index_app.command()
def unload(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Take the models out of memory that wait for the next question or search."""
    ended = open_engine(workspace).retrieval.unload()
    facts: ModelsUnloaded = {"ended": ended}
    what = "1 process has ended" if ended == 1 else f"{ended} processes have ended"
    tell(json, f"{what}; the next question loads its models anew" if ended else "no models wait in memory", facts)


@index_app.command()
def info(
    dataset: OptionalDatasetArgument = None,
    model: ModelOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say what the index of a dataset is: model, images, the graph's recall, how far confidence can be trusted."""
    engine = open_engine(workspace)
    root = open_dataset(engine, dataset).dataset.root
    found = engine.retrieval.info(root, model)
    if problem := engine.retrieval.info_problem(root, model):
        raise BddsegError(f"the index's manifest is damaged ({problem}): `bddseg-tui index build` makes it anew")
    if found is None:
        raise BddsegError(f"there is no finished index: build it with `bddseg-tui index build {sanitize_path(root)}`")
    _tell_info(found, json)


def _tell_info(found: Any, json: bool) -> None:
    speed = f", {found.images_per_second:,.0f} images/s" if found.images_per_second else ""
    facts: IndexFacts = {
        "model": found.model,
        "identity": found.identity,
        "dimension": found.dimension,
        "images": found.count,
        "failures": found.failures,
        "sha256": found.sha256,
        "images_per_second": found.images_per_second,
        "method": found.method,
        "graph": found.graph,
        "calibration": calibration_facts(found.calibration),
        "uncalibrated": found.uncalibrated,
        "folder": sanitize_path(found.folder),
    }
    bad = f", {found.failures:,} could not be read" if found.failures else ""
    text = f"{found.count:,} images by {found.identity}, {found.dimension} numbers each, {found.method}{speed}{bad}"
    advice = f"{found.advice}\n" if found.advice else ""
    measures = "\n".join(calibration_lines(found))
    tell(json, f"{text}\n{advice}{sanitize_path(found.folder)}\n{measures}", facts)


@index_app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A CLIP.", autocompletion=completions.index_models)],
    second: Annotated[str, typer.Argument(metavar="B", help="Another.", autocompletion=completions.index_models)],
    dataset: OptionalDatasetArgument = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare two CLIPs, both of which have an index of a dataset, by how well they find the classes of its masks."""
    engine = open_engine(workspace)
    root = open_dataset(engine, dataset).dataset.root
    one, other, classes = engine.retrieval.compare(root, first, second)
    tell(json, "\n".join(comparison_lines(one, other, classes)), comparison(one, other, classes))


@index_app.command()
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
    top: TopOption = None,
    model: ModelOption = None,
    fusion: Annotated[
        str, typer.Option(help=f"Several phrases: {', '.join(choices('fusion'))}.", autocompletion=completions.fusions)
    ] = "",
    second_look: SecondLookOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Find the images that fit some phrases, that look like an image, or both."""
    if not text.strip() and not like:
        raise UsageError('search for what? for example: bddseg-tui index search "heavy rain; -night"')
    engine = open_engine(workspace)
    collection = open_dataset(engine, data, scan=bool(filter_text.strip()))
    changes: dict[str, Any] = {k: v for k, v in (("clip", model), ("fusion", fusion)) if v}
    if second_look is not None:
        changes["second_look"] = second_look
    answering = engine.retrieval.search(
        collection, text, like="" if like is None else os.fspath(like), filter_text=filter_text, top=top, **changes
    )
    found = answering.result()
    items = found.items
    if found.told:
        note(found.told)
    if json:
        print_json([candidate_image(item) for item in items])
        return
    if not items:
        note("nothing: the filter leaves no image of the index")
    for item in items:
        more = f"  (+{len(item.duplicates)} alike)" if item.duplicates else ""
        seen = "" if item.seen is None else f"  LLaVA {percent(item.seen):>3} %"
        say(f"{percent(item.confidence):>5} %  {item.score:+.3f}{seen}  {sanitize_path(item.path)}{more}")
    said = items[0].verdict if items else "fits"
    if said == "nothing":
        note("nothing seems to fit; these are the nearest")
    elif said == "unsure" and not found.told:
        note("these are the nearest, but whether they fit can't be told: `bddseg-tui index info` says why")
