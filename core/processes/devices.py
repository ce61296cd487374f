"""The devices of this machine: GPUs as nvidia-smi numbers them, and the CPU, each with its memory, load and users.

nvidia-smi rather than NVML's Python package: it comes with every driver, and the app need load nothing.
"""

import contextlib
import csv
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

_GPU_FIELDS = "index,uuid,name,memory.used,memory.total,utilization.gpu"
_PROCESS_FIELDS = "gpu_uuid,pid,used_memory"
_PATIENCE_S = 10.0
VISIBLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


@dataclass(frozen=True)
class DeviceProcess:
    """A process that computes on a GPU: id, owner, program, and bytes of the GPU's memory; '' or None if unknown."""

    pid: int
    user: str
    program: str
    memory: int | None


@dataclass(frozen=True)
class Device:
    """A device that runs train on.

    Attributes:
        name: as the setting `device` has it: `cuda:0`, `mps` or `cpu`.
        model: what its maker calls it; empty if that is not known.
        memory_used, memory_total: in bytes; None if not known.
        load: how busy it is, in percent (0..100); None if not known.
        processes: who computes on it, of a GPU.
    """

    name: str
    model: str = ""
    memory_used: int | None = None
    memory_total: int | None = None
    load: float | None = None
    processes: tuple[DeviceProcess, ...] = ()


def list_devices() -> tuple[Device, ...]:
    """Every device of this machine, the CPU last. Asks nvidia-smi, which may take a second."""
    gpus = _described_gpus() or tuple(Device(f"cuda:{n}") for n in range(_device_files()))
    mps = (Device("mps"),) if sys.platform == "darwin" else ()
    return (*gpus, *mps, _cpu())


def usable_gpus() -> dict[str, str]:
    """By name (`cuda:0`), what CUDA_VISIBLE_DEVICES has to be for a process that shall see this GPU alone.

    Where that variable is set already, only what it names can be used.
    """
    visible = os.environ.get(VISIBLE)
    if visible is None:
        return {f"cuda:{number}": str(number) for number in range(_device_files())}
    entries = [entry.strip() for entry in visible.split(",") if entry.strip()]
    return {f"cuda:{e if e.isdecimal() else place}": e for place, e in enumerate(entries) if not e.startswith("-")}


def see_only(names: tuple[str, ...]) -> None:
    """Has this process, which must not have loaded CUDA yet, and its children see these GPUs alone, in this order.

    Raises:
        BddsegError: CUDA_VISIBLE_DEVICES is set and leaves one of them out.
    """
    wanted = [name for name in names if name.startswith("cuda:")]
    check_visible(wanted)
    gpus = usable_gpus()
    if wanted:
        os.environ[VISIBLE] = ",".join(gpus.get(name, name.removeprefix("cuda:")) for name in wanted)
        # CUDA's own order is by speed, nvidia-smi's by place.
        os.environ.setdefault(ORDER, "PCI_BUS_ID")


def check_visible(names: Iterable[str]) -> None:
    """Raises BddsegError where CUDA_VISIBLE_DEVICES is set and leaves one of these GPUs out."""
    gpus = usable_gpus()
    for name in names:
        if name not in gpus and VISIBLE in os.environ:
            raise BddsegError(f"{name} is not among the GPUs that {VISIBLE} names: {', '.join(gpus) or 'none'}")


def _device_files() -> int:
    nvidia = len(list(Path("/dev").glob("nvidia[0-9]*")))
    others = any(Path(path).exists() for path in ("/dev/kfd", "/dev/dxg"))
    return nvidia or int(others)


def _described_gpus() -> tuple[Device, ...]:
    gpus = _ask(f"--query-gpu={_GPU_FIELDS}", 6)
    users = _ask(f"--query-compute-apps={_PROCESS_FIELDS}", 3) if gpus else []
    return tuple(
        Device(
            name=f"cuda:{index}",
            model=sanitize(model),
            memory_used=_mebibytes(used),
            memory_total=_mebibytes(total),
            load=_number(load),
            processes=tuple(_process(pid, memory) for of, pid, memory in users if of == uuid and pid.isdecimal()),
        )
        for index, uuid, model, used, total, load in gpus
        if index.isdecimal()
    )


def _ask(query: str, fields: int) -> list[list[str]]:
    """Rows of nvidia-smi's answer; none where there is no such program, or it has no answer."""
    words = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = csv.reader(done.stdout.splitlines(), skipinitialspace=True) if done.returncode == 0 else ()
    return [[field.strip() for field in row] for row in rows if len(row) == fields]


def _process(pid: str, memory: str) -> DeviceProcess:
    import psutil

    user = program = ""
    with contextlib.suppress(psutil.Error, OSError, KeyError):
        process = psutil.Process(int(pid))
        user, program = sanitize(process.username()), sanitize(process.name())
    return DeviceProcess(int(pid), user, program, _mebibytes(memory))


def _mebibytes(text: str) -> int | None:
    value = _number(text)
    return None if value is None else int(value) << 20


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None  # such as [N/A]
    return value if 0 <= value < 1e9 else None


def _cpu() -> Device:
    import psutil

    memory = psutil.virtual_memory()
    cores = os.cpu_count() or 1
    load = min(100.0, 100 * psutil.getloadavg()[0] / cores)
    return Device("cpu", f"{cores} cores", int(memory.total - memory.available), int(memory.total), load)
