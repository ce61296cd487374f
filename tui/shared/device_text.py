"""Devices as lines: what each is, how full and busy, and who uses it."""

from collections.abc import Sequence

from bddseg_tui.core.processes.devices import DeviceProcess
from bddseg_tui.core.runs.device_use import DeviceUse
from bddseg_tui.tui.shared.format import format_bytes


def device_lines(uses: Sequence[DeviceUse]) -> list[str]:
    """Devices below each other: `cuda:0  H200  512 MiB of 140 GiB   87 %  0003-demo`."""
    rows = [_cells(use) for use in uses]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return [
        f"{name:<{widths[0]}}  {model:<{widths[1]}}  {memory:>{widths[2]}}  {load:>{widths[3]}}  {users}"
        for name, model, memory, load, users in rows
    ]


def _cells(use: DeviceUse) -> tuple[str, str, str, str, str]:
    device = use.device
    memory = ""
    if device.memory_used is not None and device.memory_total is not None:
        memory = f"{format_bytes(device.memory_used)} of {format_bytes(device.memory_total)}"
    load = f"{device.load:.0f} %" if device.load is not None else ""
    users = ", ".join([*use.runs, *map(_other, use.others)]) or "free"
    return device.name, device.model.removeprefix("NVIDIA "), memory, load, users


def _other(process: DeviceProcess) -> str:
    memory = f" {format_bytes(process.memory)}" if process.memory is not None else ""
    return f"{process.user or 'somebody'}: {process.program or 'process'} {process.pid}{memory}"
