"""A device in a line: what it is, how full and busy, and who uses it."""

from bddseg_tui.core.processes.devices import DeviceProcess
from bddseg_tui.core.runs.device_use import DeviceUse
from bddseg_tui.tui.shared.format import format_bytes


def device_line(use: DeviceUse) -> str:
    """`cuda:0  NVIDIA H200  512 MiB of 140 GiB   87 %  0003-demo`."""
    device = use.device
    memory = ""
    if device.memory_used is not None and device.memory_total is not None:
        memory = f"{format_bytes(device.memory_used)} of {format_bytes(device.memory_total)}"
    load = f"{device.load:.0f} %" if device.load is not None else ""
    users = ", ".join([*use.runs, *map(_other, use.others)]) or "free"
    return f"{device.name:<7} {device.model:<26} {memory:>20} {load:>6}  {users}"


def _other(process: DeviceProcess) -> str:
    memory = f" {format_bytes(process.memory)}" if process.memory is not None else ""
    return f"{process.user or 'somebody'}: {process.program or 'process'} {process.pid}{memory}"
