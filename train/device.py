"""Which device and precision a configuration comes to on this machine, through accelerate."""

import os

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.cpu_features import computes_bf16


def make_accelerator(config: TrainConfig) -> Accelerator:
    """An Accelerator for the configured device and precision.

    Raises:
        BddsegError: the device that was asked for is not there.
    """
    device = pick_device(config.device)
    # Not config.processes: a launcher may have started another number here, on one of several machines.
    torch.set_num_threads(config.threads or max(1, cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    precision = pick_precision(config.precision, device)
    # A part of PSPNet's encoder is there and not used, which processes must not wait for the gradients of.
    unused = [DistributedDataParallelKwargs(find_unused_parameters=True)] if config.architecture == "pspnet" else []
    return Accelerator(
        mixed_precision={"fp32": "no"}.get(precision, precision), cpu=device == "cpu", kwargs_handlers=unused
    )


def pick_device(wanted: str) -> str:
    """`auto` as cuda, mps or cpu; of `cuda:1` its kind, since this process sees that GPU alone.

    Raises:
        BddsegError: the device that was asked for is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind = wanted.partition(":")[0]
    if kind == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[kind]:
        raise BddsegError(f"there is no {wanted} device here: --set device=auto takes what there is")
    return kind


def pick_precision(wanted: str, device: str) -> str:
    """`auto` as bf16 where the device computes in it natively, else fp32.

    What that gains on a CPU with AVX-512 BF16 is in docs/results.md.
    """
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if device == "cpu":
        return "bf16" if computes_bf16() else "fp32"
    return "fp32"


def memory_mib(device: torch.device) -> float:
    """MiB in use: the GPU's peak allocation, or this process's resident memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    import psutil

    return float(psutil.Process(os.getpid()).memory_info().rss / 2**20)


def gpu_percent(device: torch.device) -> float | None:
    """How busy the GPU is (0..100); None without one or without NVML."""
    if device.type != "cuda":
        return None
    try:
        return float(torch.cuda.utilization(device))
    except (ModuleNotFoundError, RuntimeError):
        return None


def memory_percent(device: torch.device) -> float:
    """How much of the device's memory is taken (0..100), by this process or another."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return 100 * (total - free) / total
    import psutil

    return float(psutil.virtual_memory().percent)


def cpu_percent() -> float:
    """How busy all CPU cores together were since the call before (0..100): loading and augmenting may hold a GPU up."""
    import psutil

    return float(psutil.cpu_percent())
