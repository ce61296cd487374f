"""What a run tells while it trains, as events, status and TensorBoard scalars: facts at the start, figures by step."""

import os

import torch

from bddseg_tui.train.device import cpu_percent, gpu_percent, memory_mib, memory_percent
from bddseg_tui.train.trainer import TakenStep, Trainer

_SMOOTHING = 0.9
"""Weight of the past in the moving average of a step's seconds: one step says little about the rest."""


def write_start(t: Trainer, resumed: bool) -> None:
    """Writes device, precision, counts and versions, as an event `start` or `resume` and as facts of the status."""
    if t.is_main and t.tensorboard is None:
        print("no TensorBoard files are written: pip install 'bddseg-tui[tensorboard]'", flush=True)
    if t.is_main and t.excluded:
        print(f"{t.excluded:,} training images are left out: exclude = {t.config.exclude!r}", flush=True)
    if t.is_main and t.corrected:
        print(f"confirmed errors are ignored in {t.corrected:,} training images", flush=True)
    facts = {
        "device": str(t.device),
        "precision": str(t.accelerator.mixed_precision).replace("no", "fp32"),
        "processes": t.accelerator.num_processes,
        "train_images": len(t.train),
        "excluded_images": t.excluded,
        "corrected_images": t.corrected,
        "val_images": len(t.val) if t.val else 0,
        "parameters": sum(p.numel() for p in t.bare_model.parameters()),
        "batch_size": t.batch_size,
        "data_on_device": t.train.on_device,
        "steps_an_epoch": t.steps_an_epoch,
        "epochs": t.epochs,
        "total_steps": t.total_steps,
        "torch": torch.__version__,
        "tensorboard": t.tensorboard is not None,
        "pid": os.getpid(),
    }
    t.job.event("resume" if resumed else "start", step=t.progress.step, epoch=t.progress.epoch, **facts)
    facts |= {"epoch": t.progress.epoch, "trained_s": round(t.progress.seconds, 1), **_best(t)}
    t.job.update(force=True, phase="train", done=t.progress.step, total=t.total_steps, facts=facts)


def write_best(t: Trainer) -> None:
    """Writes the best epoch so far into the status, so that lists of runs need not look for it in the events."""
    t.job.update(force=True, facts={**_best(t), "trained_s": round(t.progress.seconds, 1)})


def _best(t: Trainer) -> dict[str, float | None]:
    return {"best_epoch": t.progress.best_epoch, "best_miou19": t.progress.best_miou19}


def loads(t: Trainer) -> dict[str, float | None]:
    """Memory of this process (MiB), and how busy device, cores and memory are (percent), since the call before."""
    return {
        "memory_mib": round(memory_mib(t.device), 1),
        "gpu_percent": gpu_percent(t.device),
        "cpu_percent": cpu_percent(),
        "memory_percent": round(memory_percent(t.device), 1),
    }


def write_step(t: Trainer, taken: TakenStep, loss: float, seconds: float, loads: dict[str, float | None]) -> None:
    """Writes a step's loss, rate and loads, and how long the rest will take; the step took these `seconds`."""
    rate = round(taken.images / max(seconds, 1e-9), 2)
    values = {"loss": loss, "lr": taken.learning_rate, "images_per_s": rate, **loads}
    t.job.event("step", step=taken.step, epoch=taken.epoch, **values)
    if t.tensorboard:
        t.tensorboard.write_step(taken.step, values)
    before = seconds if t.step_seconds is None else t.step_seconds
    t.step_seconds = _SMOOTHING * before + (1 - _SMOOTHING) * seconds
    left = round(t.step_seconds * (t.total_steps - taken.step), 1)
    facts = {
        "epoch": taken.epoch - 1,
        "step_s": t.step_seconds,
        "seconds_left": left,
        "trained_s": round(t.progress.seconds, 1),
        "memory_mib": values["memory_mib"],
    }
    t.job.update(done=taken.step, total=t.total_steps, facts=facts)
