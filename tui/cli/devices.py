"""`devices`: what runs can train on, how busy it is, and who uses it."""

from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.runs.device_use import DeviceUse
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.shared.device_text import device_lines

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.job_outputs import DeviceRow


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(devices)


def devices(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List GPUs and the CPU: memory, load, and who uses them. `--set device=cuda:1` has a run train on that GPU."""
    found = open_engine(workspace).queue.devices()
    if json:
        print_json([_row(use) for use in found])
    for line in [] if json else device_lines(found):
        say(line)


def _row(use: DeviceUse) -> "DeviceRow":
    device = use.device
    return {
        "device": device.name,
        "model": device.model,
        "memory_used": device.memory_used,
        "memory_total": device.memory_total,
        "load": device.load,
        "runs": list(use.runs),
        "others": [{"pid": p.pid, "user": p.user, "program": p.program, "memory": p.memory} for p in use.others],
    }
