"""`index map`: the images of an index in two dimensions."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import JsonOption, ModelOption, OptionalDatasetArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import MapFacts


def add_to(group: typer.Typer) -> None:
    """Adds the command to `index`."""
    group.command("map")(index_map)


def index_map(
    dataset: OptionalDatasetArgument = None,
    model: ModelOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Lay out all images anew, also those on the map.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Lay the images of an index out on a map, where those that look alike lie together.

    The app shows it (A in the Dataset pane); filters know the places as map-x, map-y and cluster.
    """
    engine = open_engine(workspace)
    root = open_dataset(engine, dataset).dataset.root
    _, status = start_and_follow(engine, lambda: engine.map.build(root, model, fresh=fresh), "map")
    expect_finished(status, "map")
    found = engine.map.info(root, model)
    if found is None:
        raise BddsegError("the map is not there any more: make it again")
    facts: MapFacts = {
        "model": found.model,
        "images": found.images,
        "placed": found.placed,
        "seconds": found.seconds,
    }
    new = f", {found.placed:,} of them new beside the others" if found.placed else ""
    tell(json, f"{found.images:,} images by {sanitize(found.model)}{new}, laid out in {found.seconds:.1f} s", facts)
