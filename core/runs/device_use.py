"""Which devices there are, and who uses them: runs of the workspace, and other programs."""

from dataclasses import dataclass

from bddseg_tui.core.processes.devices import Device, DeviceProcess, list_devices
from bddseg_tui.core.runs.queue import devices_in_use
from bddseg_tui.core.runs.run_states import RunStates
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class DeviceUse:
    """A device, the names of the workspace's runs that train there, and the other processes on it, of a GPU."""

    device: Device
    runs: tuple[str, ...]
    others: tuple[DeviceProcess, ...]


def read_device_use(workspace: Workspace) -> tuple[DeviceUse, ...]:
    """Every device of this machine, as it is now. Asks nvidia-smi, which may take a second."""
    states = RunStates(workspace).read()
    in_use = devices_in_use(states)
    ours = {s.status.process.pid for s in states if s.status.live and s.status.process is not None}
    return tuple(
        DeviceUse(d, in_use.get(d.name, ()), tuple(p for p in d.processes if p.pid not in ours)) for d in list_devices()
    )
