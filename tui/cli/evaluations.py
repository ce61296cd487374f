"""`evaluations` and `evaluations delete`."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.evaluate import evaluation_row
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, overall, print_json, say, tell, warn

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.training_outputs import Deleted

evaluations_app = typer.Typer(invoke_without_command=True, help="List evaluations, delete one.")


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(evaluations_app, name="evaluations", rich_help_panel=panel)


@evaluations_app.callback()
def evaluations(context: typer.Context, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List every finished evaluation, newest run first."""
    if context.invoked_subcommand:
        return

    found = open_engine(workspace).analysis.list_evaluations()
    if json:
        print_json([evaluation_row(e) for e in found.found])
    for e in [] if json else found.found:
        figures = overall(e.pixel_accuracy, e.miou19, e.miou20, e.unknown_ignored)
        say(f"{e.name:<32} {e.images:>6,} images  {figures}")
    for name, why in found.unreadable:
        warn(f"{name} cannot be read: {why}")
    if not found.found and not json:
        note("there are no evaluations yet: make one with `bddseg-tui evaluate RUN`")


@evaluations_app.command("delete")
def delete_evaluation(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN/CHECKPOINT-SPLIT", help="As `evaluations` lists it.", autocompletion=completions.evaluations
        ),
    ],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete an evaluation with its predictions and scores."""
    engine = open_engine(workspace)
    left = engine.analysis.delete(engine.runs.find(name.partition("/")[0]), name)
    if left:
        warn(left)
    facts: Deleted = {"deleted": sanitize(name)}
    if left:
        facts["left"] = left
    tell(json, f"deleted {sanitize(name)}", facts)
