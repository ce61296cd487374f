"""Training a run, readable from top to bottom: setup, fit, validate; `last` is resumed wherever there is one."""

import time
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.jobs.job_writer import JobWriter, StopRequestedError
from bddseg_tui.core.runs.metrics import Scores, finite, scores
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train import checkpoint
from bddseg_tui.train.augment import augment, draw_augmentations
from bddseg_tui.train.batches import batches, epoch_order
from bddseg_tui.train.confusion import confusion_matrix
from bddseg_tui.train.epoch_samples import write_samples
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.progress_events import write_best, write_step
from bddseg_tui.train.schedule import lr_factor
from bddseg_tui.train.setup import setup
from bddseg_tui.train.step_errors import is_out_of_memory, non_finite_error, non_finite_weights, out_of_memory_error
from bddseg_tui.train.trainer import Trainer


def fit_run(run: Run, job: JobWriter) -> None:
    """Trains a run to its end.

    Raises:
        BddsegError: it cannot go on; the message says why and what to do.
        StopRequestedError: SIGTERM came; the run was checkpointed.
    """
    trainer = setup(run, job)
    try:
        while trainer.progress.epoch < trainer.config.epochs:
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
    t.job.update(phase="train")
    p, config = t.progress, t.config
    order = epoch_order(len(t.train), t.batch_size, config.seed, p.epoch, t.repeat_factors)
    order = order[p.position * t.batch_size :]
    ranks = (t.accelerator.process_index, t.accelerator.num_processes)
    started = time.monotonic()
    for images, masks in batches(t.train, order, t.batch_size, t.device, *ranks):
        loss, lr = train_step(t, images, masks)
        seconds = time.monotonic() - started
        started = time.monotonic()
        p.step, p.position, p.seconds = p.step + 1, p.position + 1, p.seconds + seconds
        if loss is not None:
            p.loss_sum, p.loss_count = p.loss_sum + loss, p.loss_count + 1
        write_step(t, loss or 0.0, lr, len(images) * ranks[1] / seconds, seconds)
        if _should_stop(t):
            raise StopRequestedError
        if time.monotonic() - t.saved_at > 60 * config.checkpoint_minutes:
            save(t, "last")


def train_step(t: Trainer, images: torch.Tensor, masks: torch.Tensor) -> tuple[float | None, float]:
    """One step of the optimizer; returns (loss, learning rate). uint8 [N, 3, H, W] and uint8 [N, H, W] in.

    The loss is None where no pixel of the whole step is counted.

    Raises:
        BddsegError: loss or gradient are not finite; the weights are as they were before the step.
    """
    config = t.config
    factor = lr_factor(t.progress.step, t.total_steps, config.warmup_steps, config.schedule)
    for group in t.optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    p, ranks = t.progress, (t.accelerator.process_index, t.accelerator.num_processes)
    draws = draw_augmentations(len(images), (config.seed, p.epoch, p.position), *ranks)
    images, masks = augment(images, masks, config, draws, t.crop_weights)
    t.optimizer.zero_grad(set_to_none=True)
    value = _backward(t, images, masks)
    if config.gradient_clip:
        norm = float(t.accelerator.clip_grad_norm_(t.model.parameters(), config.gradient_clip))
        # In fp16 the scaler leaves such a step out by itself.
        if t.accelerator.scaler is None and not np.isfinite(norm):
            raise non_finite_error(t, "gradient", norm, t.progress.step + 1)
    t.optimizer.step()
    if t.ema:
        t.ema.update(t.bare_model)
    return value, config.learning_rate * factor


def _backward(t: Trainer, images: torch.Tensor, masks: torch.Tensor) -> float | None:
    """Adds up the gradients of the step's mean loss by micro-batches; returns the loss, None where nothing is counted.

    A micro-batch weighs as much as it has images with a counted pixel, in the micro-batches of all processes.
    """
    world = t.accelerator.num_processes
    counted = t.loss.counted(masks)
    whole = t.accelerator.reduce(counted.sum().float(), "sum")
    micro_batches = min(t.config.accumulate, _fewest_images(t, len(images)))
    total = 0.0
    splits = (x.tensor_split(micro_batches) for x in (images, masks, counted))
    for number, (image, mask, own) in enumerate(zip(*splits, strict=True), start=1):
        # Processes exchange gradients once a step, with its last micro-batch.
        with nullcontext() if number == micro_batches else t.accelerator.no_sync(t.model):
            logits = forward(t.model, normalise(image, t.config.encoder))
            # The exchange takes the mean over processes, so a process's share is multiplied by their number.
            loss = t.loss(logits, mask.long()) * (own.sum() * world / whole.clamp_min(1))
            value = float(t.accelerator.reduce(loss.detach(), "mean"))
            if not np.isfinite(value):
                raise non_finite_error(t, "loss", value, t.progress.step + 1)
            t.accelerator.backward(loss)
        total += value
    return total if whole > 0 else None


def _fewest_images(t: Trainer, own: int) -> int:
    """How many images the process with the fewest has: all take so many micro-batches, since each waits for all."""
    if t.accelerator.num_processes == 1:
        return own
    return int(t.accelerator.gather(torch.tensor([own], device=t.device)).min())


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

    The loss is the mean over images that have a counted pixel. Each is None where there is nothing to tell it from.
    """

    loss: float | None = None
    scores: Scores | None = None


@torch.inference_mode()
def validate_epoch(t: Trainer) -> Validation:
    """Runs the model over the validation images at the training size."""
    if t.val is None:
        return Validation()
    # Not the wrapper of several processes, which sends buffers around at each batch: one may have a batch less.
    model = t.ema.model if t.ema else t.model if t.accelerator.num_processes == 1 else t.bare_model
    model.eval()
    t.job.update(phase="validate")
    confusion = torch.zeros(NUM_CLASSES, NUM_CLASSES, dtype=torch.int64, device=t.device)
    sums = torch.zeros(2, dtype=torch.float64, device=t.device)
    order = np.arange(len(t.val))
    ranks = (t.accelerator.process_index, t.accelerator.num_processes)
    for images, masks in batches(t.val, order, t.batch_size, t.device, *ranks):
        if len(images):
            logits = forward(model, normalise(images, t.config.encoder))
            counted = t.loss.counted(masks).sum().double()
            sums += torch.stack([t.loss(logits, masks.long()).double() * counted, counted])
            predicted = logits.argmax(dim=1)
            confusion += confusion_matrix(masks, predicted)
        if t.accelerator.num_processes == 1:
            t.job.check_stop()
    confusion, sums = t.accelerator.reduce(confusion, "sum"), t.accelerator.reduce(sums, "sum")
    loss = float(sums[0] / sums[1]) if sums[1] > 0 else None
    return Validation(loss, scores(confusion.cpu().numpy()))


def save(t: Trainer, *names: str) -> None:
    """Checkpoints the run under these names, from one process.

    Raises:
        BddsegError: the checkpoint cannot be written, or its weights are not finite: the good one stays.
    """
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


def _should_stop(t: Trainer) -> bool:
    if t.accelerator.num_processes == 1:
        return t.job.stop_requested
    # All processes must agree on the step at which they stop, or the others would wait for a gradient for ever.
    flag = torch.tensor(float(t.job.stop_requested), device=t.device)
    return bool(t.accelerator.reduce(flag, "sum") > 0)
