"""Training a run, readable from top to bottom: setup, fit, validate; `last` is resumed wherever there is one."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import nn

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.jobs.job_writer import JobWriter, StopRequestedError
from bddseg_tui.core.runs.metrics import Scores, finite, scores
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train import checkpoint
from bddseg_tui.train.batches import Batch, batches, epoch_order
from bddseg_tui.train.confusion import confusion_matrix
from bddseg_tui.train.distillation import counted
from bddseg_tui.train.epoch_samples import write_samples
from bddseg_tui.train.gradient_checkpointing import statistics_kept
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.progress_events import write_best
from bddseg_tui.train.schedule import lr_factor
from bddseg_tui.train.setup import setup
from bddseg_tui.train.step_errors import is_out_of_memory, non_finite_error, non_finite_weights, out_of_memory_error
from bddseg_tui.train.step_log import read_steps, reading_is_due
from bddseg_tui.train.trainer import TakenStep, Trainer
from bddseg_tui.train.training_batches import training_batches


def fit_run(run: Run, job: JobWriter) -> None:
    """Trains a run to its end.

    Raises:
        BddsegError: it cannot go on; the message says why and what to do.
        StopRequestedError: SIGTERM came; the run was checkpointed.
    """
    trainer = setup(run, job)
    try:
        while trainer.progress.epoch < trainer.epochs:
            train_epoch(trainer)
            finish_epoch(trainer)
        _finish(trainer)
    except StopRequestedError:
        save(trainer, "last")
        raise
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise out_of_memory_error(trainer) from error
        raise
    finally:
        if trainer.tensorboard:
            trainer.tensorboard.close()


def _finish(t: Trainer) -> None:
    p = t.progress
    best = {"best_epoch": p.best_epoch, "best_miou19": p.best_miou19}
    if t.tensorboard:
        t.tensorboard.write_hparams(p.step, t.config.model_dump(), {**t.metrics, **best})
    t.job.event("finish", step=p.step, **best)


def train_epoch(t: Trainer) -> None:
    """Trains from where the current epoch stands to its end, checkpointing by time.

    Raises:
        BddsegError: loss, gradient or weights are not finite.
        StopRequestedError: SIGTERM came.
    """
    t.model.train()
    if t.config.freeze_encoder:
        # Its statistics stay too.
        cast(nn.Module, t.bare_model.encoder).eval()
    t.job.update(phase="train")
    p, config = t.progress, t.config
    order = epoch_order(len(t.train), t.batch_size, config.seed, p.epoch, t.repeat_factors)
    order = order[p.position * t.batch_size : (p.position + t.total_steps - p.step) * t.batch_size]
    t.read_at = time.monotonic()
    for images, masks in training_batches(t, order, p.position):
        t.unread.append(train_step(t, images, masks))
        p.step, p.position = p.step + 1, p.position + 1
        stop, checkpoint_due, reading_due = _agreed(t)
        if reading_due:
            read_steps(t)
        if stop:
            raise StopRequestedError
        if checkpoint_due:
            save(t, "last")
    read_steps(t)


def train_step(t: Trainer, images: torch.Tensor, masks: torch.Tensor) -> TakenStep:
    """One step of the optimizer with this process's augmented images, uint8 [N, 3, H, W] and uint8 [N, H, W].

    Nothing is read back from the device, so whether all is finite is found later (`read_steps`), and before a
    checkpoint is made.
    """
    config = t.config
    factor = lr_factor(t.progress.step, t.total_steps, config.warmup_steps, config.schedule)
    for group in t.optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    p = t.progress
    t.optimizer.zero_grad(set_to_none=True)
    loss, any_counted = _backward(t, images, masks)
    norm = torch.zeros_like(loss)
    if config.gradient_clip:
        norm = t.accelerator.clip_grad_norm_(t.model.parameters(), config.gradient_clip)
    t.optimizer.step()
    if t.ema:
        t.ema.update(t.bare_model)
    return TakenStep(
        step=p.step + 1,
        epoch=p.epoch + 1,
        images=len(images) if t.accelerator.num_processes == 1 else t.images_a_step,
        learning_rate=config.learning_rate * factor,
        loss=loss,
        counted=any_counted,
        norm=norm.to(loss.dtype),
    )


def _backward(t: Trainer, images: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Adds up the gradients of the step's loss by micro-batches; returns the loss and whether a pixel is counted.

    The loss is the one of all images of all processes at once: a part's gradient is that of its sums, each weighed by
    how much the whole grows with it (`Loss.slopes`).
    """
    world = t.accelerator.num_processes
    parts = min(t.config.accumulate, len(images) if world == 1 else t.images_a_step // world)
    splits = list(zip(images.tensor_split(parts), masks.tensor_split(parts), strict=True))
    sums = _sums_beforehand(t, splits)
    gathered = torch.zeros_like(sums)
    taught = torch.zeros_like(sums[0])
    pixels = t.accelerator.reduce(counted(masks).sum(), "sum").clamp_min(1) if t.teacher else 1
    for number, (image, mask) in enumerate(splits, start=1):
        # Processes exchange gradients once a step, with its last micro-batch.
        with nullcontext() if number == parts else t.accelerator.no_sync(t.model):
            logits = forward(t.model, normalise(image, t.config.encoder))
            own = t.loss.sums(logits, mask)
            if parts == 1 and t.config.dice:
                sums = t.accelerator.reduce(own.detach(), "sum")
            gathered = gathered + own.detach()
            # The exchange takes the mean over processes, so a process's share is multiplied by their number.
            loss = (t.loss.slopes(sums) * own).sum()
            if t.teacher:
                lesson = t.teacher.loss_sum(logits, t.teacher.logits(image), mask) / pixels
                loss, taught = loss + lesson, taught + lesson.detach()
            t.accelerator.backward(loss * world)
    gathered = t.accelerator.reduce(gathered, "sum")
    if t.teacher:
        taught = t.accelerator.reduce(taught, "sum")
    return t.loss.of(gathered) + taught, gathered[1] > 0


def _sums_beforehand(t: Trainer, parts: list[Batch]) -> torch.Tensor:
    """The sums of the whole step as far as `Loss.slopes` needs them before the first part's gradient.

    Dice is no sum over pixels: where a step has several parts they go through the network twice, first without
    gradients. The second time must be like the first, so what is left to chance is drawn alike, and statistics are
    taken in once.
    """
    known = torch.stack([t.loss.known_sums(mask) for _, mask in parts]).sum(0)
    if not t.config.dice:
        return t.accelerator.reduce(known, "sum")  # type: ignore[no-any-return]
    if len(parts) == 1:
        return torch.cat([known, known.new_zeros(3 * NUM_CLASSES)])
    devices = [t.device] if t.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices), statistics_kept(t.bare_model):
        images = ((normalise(image, t.config.encoder), mask) for image, mask in parts)
        sums = [t.loss.sums(forward(t.bare_model, image), mask) for image, mask in images]
    return t.accelerator.reduce(torch.stack(sums).sum(0), "sum")  # type: ignore[no-any-return]


def finish_epoch(t: Trainer) -> None:
    """Validates, writes the epoch's metrics, and checkpoints; `best` is the highest mIoU over the 19 official classes.

    Raises:
        BddsegError: the validation loss is not finite, or the checkpoint cannot be written.
        StopRequestedError: SIGTERM came.
    """
    started = time.monotonic()
    p = t.progress
    found = validate_epoch(t)
    if found.loss is not None and not np.isfinite(found.loss):
        raise non_finite_error(t, "validation loss", found.loss, p.step)
    t.job.update(phase="checkpoint", force=True)
    epoch, train_loss = p.epoch + 1, p.loss_sum / max(1, p.loss_count)
    miou = finite(found.scores.miou19) if found.scores else None
    is_best = found.scores is None or p.best_epoch is None or (miou or 0.0) > (p.best_miou19 or 0.0)
    if is_best:
        p.best_miou19, p.best_epoch = miou, epoch
    p.epoch, p.position, p.loss_sum, p.loss_count = epoch, 0, 0.0, 0
    t.metrics = {"train_loss": train_loss, "val_loss": found.loss, **(found.scores.summary() if found.scores else {})}
    rows = {"classes": found.scores.class_rows()} if found.scores else {}
    seconds = round(time.monotonic() - started, 2)
    p.seconds += seconds
    t.job.event("epoch", epoch=epoch, step=p.step, seconds=seconds, **t.metrics, **rows)
    write_best(t)
    save(t, *(("last", "best") if is_best else ("last",)))
    if t.tensorboard:
        # Once the checkpoint is there: an epoch that a resume does again must not stand in the files twice.
        t.tensorboard.write_epoch(p.step, t.metrics, rows.get("classes", []))
    write_samples(t)


@dataclass(frozen=True)
class Validation:
    """What a pass over the validation images found: their mean loss, and scores.

    The loss is the mean over all of their counted pixels, as a step's is. Each is None where there is nothing to tell
    it from.
    """

    loss: float | None = None
    scores: Scores | None = None


@torch.inference_mode()
def validate_epoch(t: Trainer) -> Validation:
    """Runs the model over the whole validation images, at the size that they are cached at."""
    if t.val is None:
        return Validation()
    # Not the wrapper of several processes, which sends buffers around at each batch: one may have a batch less.
    model = t.ema.model if t.ema else t.model if t.accelerator.num_processes == 1 else t.bare_model
    model.eval()
    t.job.update(phase="validate")
    confusion = torch.zeros(NUM_CLASSES, NUM_CLASSES, dtype=torch.int64, device=t.device)
    sums = torch.zeros(2 + 3 * NUM_CLASSES * bool(t.config.dice), dtype=torch.float64, device=t.device)
    height, width = t.config.train_size
    groups = t.val.by_size(t.batch_size, height * width)
    ranks = (t.accelerator.process_index, t.accelerator.num_processes)
    for images, masks in batches(t.val, groups, t.device, *ranks):
        if len(images):
            logits = forward(model, normalise(images, t.config.encoder))
            sums += t.loss.sums(logits, masks).double()
            predicted = logits.argmax(dim=1)
            confusion += confusion_matrix(masks, predicted)
        if t.accelerator.num_processes == 1:
            t.job.check_stop()
    confusion, sums = t.accelerator.reduce(confusion, "sum"), t.accelerator.reduce(sums, "sum")
    loss = float(t.loss.of(sums)) if sums[1] > 0 else None
    return Validation(loss, scores(confusion.cpu().numpy()))


def save(t: Trainer, *names: str) -> None:
    """Checkpoints the run under these names, from one process.

    Raises:
        BddsegError: the checkpoint cannot be written, or its weights are not finite: the good one stays.
    """
    read_steps(t)
    if t.accelerator.is_main_process:
        if non_finite_weights(t.bare_model):
            raise non_finite_error(t, "network", float("nan"), t.progress.step)
        p, config = t.progress, t.config
        p.schedule = {"kind": config.schedule, "step": p.step, "total": t.total_steps, "warmup": config.warmup_steps}
        p.scaler = t.accelerator.scaler.state_dict() if t.accelerator.scaler is not None else None
        p.averaged = t.ema.steps if t.ema else 0
        if t.tensorboard:
            # What the checkpoint's steps came to is in the files before it, so that none is missing after a resume.
            t.tensorboard.flush()
        ema = t.ema.model if t.ema else None
        checkpoint.save(t.folder, t.bare_model, t.optimizer, p, names, ema=ema)
        t.job.event("checkpoint", step=p.step, epoch=p.epoch, names=list(names))
    t.accelerator.wait_for_everyone()
    t.saved_at = time.monotonic()


def _agreed(t: Trainer) -> tuple[bool, bool, bool]:
    """Whether to stop, to checkpoint and to read what steps came to: for all processes alike, or they would wait.

    The first one's clock counts, and anyone's SIGTERM. They agree through the main memory, past the device.
    """
    clock = time.monotonic() - t.saved_at > 60 * t.config.checkpoint_minutes, reading_is_due(t)
    if t.control is None:
        return (t.job.stop_requested, *clock)
    flags = torch.tensor([t.job.stop_requested, *(flag and t.is_main for flag in clock)], dtype=torch.uint8)
    torch.distributed.all_reduce(flags, torch.distributed.ReduceOp.MAX, t.control)
    stop, checkpoint_due, reading_due = flags.tolist()
    return bool(stop), bool(checkpoint_due), bool(reading_due)
