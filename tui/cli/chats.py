"""`chats`: what was asked in the app."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import (
    DataOption,
    JsonOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import note, print_json, say, tell, warn

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import ChatExported


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(chats)


def chats(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only chats that say this.", autocompletion=completions.chats)
    ] = "",
    data: DataOption = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="DIR",
            parser=typed_path,
            help="Write the newest that matches as Markdown with its images.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the chats about a dataset, or export one."""
    engine = open_engine(workspace)
    collection = open_dataset(engine, data, scan=False)
    found = engine.chats.find(collection.dataset.root, text)
    if export is not None:
        if not found:
            raise UsageError("no chat says this: `bddseg-tui chats` lists them")
        file = engine.chats.export(found[0], collection.dataset.root, export)
        written: ChatExported = {"file": sanitize_path(file)}
        tell(json, f"written to {written['file']}", written)
        return
    if json:
        # A turn as a dictionary is what its dataclass is as JSON.
        print_json([{"title": c.title, "created": c.created, "turns": [asdict(t) for t in c.turns]} for c in found])
        return
    for chat in found:
        say(f"{sanitize(chat.path.stem[:15])}  {len(chat.turns):>3} questions  {chat.title}")
    for chat in found:
        if chat.left_out.count:
            warn(chat.left_out.tell("line", sanitize_path(chat.path)))
    if not found:
        note("no chats yet: ask in the app, pane 4")
