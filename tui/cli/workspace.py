"""`workspace`: what takes room, and freeing it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.maintenance.free import FREEABLE
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, progress, say
from bddseg_tui.tui.shared.disk_use_text import by_kind, free_hint
from bddseg_tui.tui.shared.format import format_bytes

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.job_outputs import DiskUse, FreedItems, ItemRow, KeptItem

workspace_app = typer.Typer(invoke_without_command=True, help="Show what takes room in the workspace, and free it.")
MOST = 12
"""Items that are listed one by one; JSON has all."""


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(workspace_app, name="workspace", rich_help_panel=panel)


@workspace_app.callback()
def workspace_room(context: typer.Context, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show what takes room in the workspace, what takes most first."""
    if context.invoked_subcommand:
        return
    engine = open_engine(workspace)
    with progress("workspace", "items") as report:
        items = engine.disk_use(report)
    root = engine.workspace.root
    if json:
        rows: list[ItemRow] = [
            {
                "kind": i.kind,
                "name": sanitize_path(i.path.relative_to(root)),
                "what": i.what,
                "bytes": i.bytes,
                "freed_by": i.frees or None,
                "tags": i.tags if i.kind == "catalog" else None,
            }
            for i in items
        ]
        use: DiskUse = {"workspace": sanitize_path(root), "bytes": sum(i.bytes for i in items), "items": rows}
        print_json(use)
        return
    say(f"{sanitize_path(root)}: {format_bytes(sum(i.bytes for i in items))}")
    for name, count, taken in by_kind(items):
        say(f"  {format_bytes(taken):>9}  {name} ({count:,})")
    shown = [i for i in items if i.bytes][:MOST]
    say(f"the largest {len(shown)}:" if shown else "nothing is in it yet")
    for i in shown:
        say(f"  {format_bytes(i.bytes):>9}  {sanitize_path(i.path.relative_to(root))}: {i.what}")
    if hint := free_hint(items):
        note(hint)


@workspace_app.command("free")
def free_room(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help=f"{', '.join(FREEABLE)}, or names as they are listed.",
            autocompletion=completions.freeable,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Also delete the tags in a catalog that is named.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete what can be made again and nobody uses; never runs, chats or settings."""
    engine = open_engine(workspace)
    freed = engine.free(what, yes)
    root = engine.workspace.root
    named = [sanitize_path(i.path.relative_to(root)) for i in freed.items]
    kept: list[KeptItem] = [{"name": sanitize_path(i.path.relative_to(root)), "why": why} for i, why in freed.kept]
    if json:
        facts: FreedItems = {"bytes": freed.bytes, "freed": named, "kept": kept}
        print_json(facts)
        return
    for item, name in zip(freed.items, named, strict=True):
        say(f"freed {format_bytes(item.bytes):>9}  {name}")
    for row in kept:
        note(f"kept {row['name']}: {row['why']}")
    say(f"{format_bytes(freed.bytes)} freed")
