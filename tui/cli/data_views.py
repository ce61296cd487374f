"""`data views`: filters with their order, evaluation and view, saved by name."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from bddseg_tui.core.data.pictures import VIEWS, View
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import named_or_last, open_engine
from bddseg_tui.tui.cli.options import (
    EvaluationOption,
    JsonOption,
    OptionalDatasetArgument,
    SamplesOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import note, print_json, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import ViewRow


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command()(views)


def views(
    dataset: OptionalDatasetArgument = None,
    save: Annotated[str, typer.Option("--save", metavar="NAME", help="Save one under this name.")] = "",
    query: SamplesOption = "",
    evaluation: EvaluationOption = None,
    shown: Annotated[str, typer.Option("--show", help=f"How images are shown: {', '.join(VIEWS)}.")] = "image",
    delete: Annotated[
        str, typer.Option("--delete", metavar="NAME", help="Forget this one.", autocompletion=completions.views)
    ] = "",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the views that were saved of a dataset; save or delete one."""
    from bddseg_tui.core.data.saved_views import SavedView

    engine = open_engine(workspace)
    collection = engine.data.open(named_or_last(engine, dataset), note)
    if delete:
        engine.data.delete_view(collection, delete)
    if save:
        if shown not in VIEWS:
            raise UsageError(f"--show takes {', '.join(VIEWS)}, not {shown!r}{suggestion(shown, VIEWS)}")
        view: View = next(v for v in get_args(View) if v == shown)
        engine.data.save_view(collection, SavedView(save, query, view, evaluation))
    found = engine.data.views(collection)
    if json:
        rows: list[ViewRow] = [
            {"name": v.name, "filter": v.filter, "view": v.view, "evaluation": v.evaluation} for v in found
        ]
        print_json(rows)
        return
    if not found:
        say("no views are saved")
    widest = max((len(v.name) for v in found), default=0)
    for v in found:
        say(f"{v.name:<{widest}}  {v.view:<10}  {v.filter}{f'  of {v.evaluation}' if v.evaluation else ''}")
