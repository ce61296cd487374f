"""What a run says of itself while it trains: facts at the start, figures at each step."""

import os
from typing import TYPE_CHECKING

import torch

from bddseg_tui.train.device import gpu_percent, memory_mib

if TYPE_CHECKING:
    from bddseg_tui.train.setup import Trainer


def announce(t: "Trainer", resumed: bool) -> None:
    """Tells device, precision, counts and versions."""
    facts = {
        "device": str(t.device),
        "precision": str(t.accelerator.mixed_precision).replace("no", "fp32"),
        "processes": t.accelerator.num_processes,
        "train_images": len(t.train),
        "val_images": len(t.val) if t.val else 0,
        "parameters": sum(p.numel() for p in t.bare_model.parameters()),
        "batch_size": t.batch_size,
        "data_on_device": t.train.resident,
        "steps_an_epoch": t.steps_an_epoch,
        "epochs": t.config.epochs,
        "total_steps": t.total_steps,
        "torch": torch.__version__,
        "pid": os.getpid(),
    }
    t.reporter.event("resume" if resumed else "start", step=t.progress.step, epoch=t.progress.epoch, **facts)
    facts |= {"epoch": t.progress.epoch, **_best(t)}
    t.reporter.update(force=True, phase="train", done=t.progress.step, total=t.total_steps, facts=facts)


def report_best(t: "Trainer") -> None:
    """Tells the best epoch so far, so that lists of runs need not look for it in the events."""
    if t.accelerator.is_main_process:
        t.reporter.update(force=True, facts={**t.reporter.status.status.facts, **_best(t)})


def _best(t: "Trainer") -> dict[str, float | None]:
    return {"best_epoch": t.progress.best_epoch, "best_miou19": t.progress.best_miou19}


def report_step(t: "Trainer", loss: float, lr: float, rate: float, seconds: float) -> None:
    """Tells a step's loss, rate and memory, and how long the rest will take."""
    p, left = t.progress, t.total_steps - t.progress.step
    memory, gpu = memory_mib(t.device), gpu_percent(t.device)
    values = {
        "step": p.step,
        "epoch": p.epoch + 1,
        "loss": loss,
        "lr": lr,
        "images_per_s": round(rate, 2),
        "memory_mib": round(memory, 1),
        "gpu_percent": gpu,
    }
    t.reporter.event("step", **values)
    # The rate of one step jumps about; the time left follows a running mean.
    mean = (
        0.9 * t.reporter.status.status.facts.get("step_s", seconds) + 0.1 * seconds
        if t.accelerator.is_main_process
        else seconds
    )
    if t.accelerator.is_main_process:
        facts = {
            **t.reporter.status.status.facts,
            "epoch": p.epoch,
            "step_s": mean,
            "seconds_left": round(mean * left, 1),
        }
        t.reporter.update(done=p.step, total=t.total_steps, facts=facts)
