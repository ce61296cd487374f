"""Setting up a run: weights, caches, model, optimizer, and the last checkpoint where there is one."""

import time
from functools import partial
from pathlib import Path
from typing import cast

import torch
from accelerate import Accelerator
from torch import nn
from torch.distributed import ProcessGroup

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.confirmed_errors import read_confirmed
from bddseg_tui.core.runs.excluded import read_excluded
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train import checkpoint
from bddseg_tui.train.batch_size import find_batch_size
from bddseg_tui.train.cache import open_cache
from bddseg_tui.train.cached_split import CachedSplit
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.class_balance import class_crop_weights, repeat_factors
from bddseg_tui.train.device import make_accelerator
from bddseg_tui.train.device_data import load_split
from bddseg_tui.train.distillation import load_teacher
from bddseg_tui.train.ema import ExponentialMovingAverage
from bddseg_tui.train.gradient_checkpointing import enable_gradient_checkpointing
from bddseg_tui.train.losses import make_loss
from bddseg_tui.train.minimum_batch import check_micro_batches
from bddseg_tui.train.model import make_model
from bddseg_tui.train.progress_events import write_start
from bddseg_tui.train.sample_images import sample_images, write_sample_images
from bddseg_tui.train.sync_batchnorm import to_sync_batchnorm
from bddseg_tui.train.tensorboard_writer import open_tensorboard
from bddseg_tui.train.trainer import Trainer


def setup(run: Run, job: JobWriter) -> Trainer:
    """Weights first, since they may be missing; then caches, model and optimizer; then the last checkpoint.

    Raises:
        BddsegError: weights, device or images are missing, or too few; or the last checkpoint is damaged.
        StopRequestedError: SIGTERM came.
    """
    config = validate(run.spec["train"])
    accelerator = make_accelerator(config)
    job.update(state="running", phase="weights")
    model = make_model(config)
    if config.freeze_encoder:
        cast(nn.Module, model.encoder).requires_grad_(False)
    if config.batch_size:
        check_micro_batches(model, config, config.batch_size, accelerator.num_processes)
    train, val = open_caches(run, config, accelerator, job)
    model.to(memory_format=torch.channels_last)
    loss = make_loss(config, train.pixels, accelerator.device, train.holding)
    folder = run.folder / "checkpoints"
    resumed = (folder / "last").exists()
    batch_size = config.batch_size
    if not batch_size and not resumed:
        job.update(phase="batch size")
        smallest = check_micro_batches(model, config, len(train), accelerator.num_processes)
        batch_size = find_batch_size(model, loss, config, accelerator, len(train), smallest=smallest)
    if batch_size:
        check_micro_batches(model, config, min(batch_size, len(train)), accelerator.num_processes)
    if accelerator.num_processes > 1:
        model = to_sync_batchnorm(model, accelerator.device)
    optimizer = make_optimizer(model, config)
    progress = Progress(size=config.image_size or train.commonest_size, batch_size=batch_size)
    model.to(accelerator.device)
    ema = ExponentialMovingAverage(model, config.ema) if config.ema else None
    if resumed:
        progress = _load_last(folder, model, optimizer, ema)
    if config.gradient_checkpointing:
        # The average, copied above, is never trained and needs none.
        enable_gradient_checkpointing(model)
    # Checkpoints of earlier versions do not know theirs.
    progress.batch_size = progress.batch_size or batch_size
    prepared, prepared_optimizer = accelerator.prepare(model, optimizer)
    if progress.scaler and accelerator.scaler is not None:
        accelerator.scaler.load_state_dict(progress.scaler)
    samples = sample_images(run.folder, val, config.samples) if val else None
    if samples and val and accelerator.is_main_process:
        write_sample_images(samples, val)
    rare_images = (train.mask(row) for row in range(len(train)))
    trainer = Trainer(
        config=config,
        folder=folder,
        job=job,
        accelerator=accelerator,
        model=cast(nn.Module, torch.compile(prepared)) if config.compile else prepared,
        bare_model=model,
        optimizer=prepared_optimizer,
        loss=loss,
        train=load_split(train, accelerator.device),
        val=load_split(val, accelerator.device) if val else None,
        progress=progress,
        batch_size=progress.batch_size,
        saved_at=time.monotonic(),
        ema=ema,
        labels=train if config.rare_crops or config.cat_max_ratio < 1 else None,
        crop_weights=class_crop_weights(train.pixels) if config.rare_crops else None,
        repeat_factors=repeat_factors(rare_images, config.rare_images) if config.rare_images else None,
        control=_control() if accelerator.num_processes > 1 else None,
        tensorboard=open_tensorboard(run.folder, progress.step + 1) if accelerator.is_main_process else None,
        samples=samples,
        teacher=load_teacher(config, run.folder.parent, accelerator.device),
        excluded=len(read_excluded(run.folder)),
        corrected=len(train.ignored),
    )
    write_start(trainer, resumed)
    if not resumed:
        torch.manual_seed(config.seed + accelerator.process_index)
    return trainer


def _control() -> ProcessGroup:
    """A group that exchanges what lies in the main memory, whatever the devices are."""
    return cast(ProcessGroup, torch.distributed.new_group(backend="gloo"))


def _load_last(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, ema: ExponentialMovingAverage | None
) -> Progress:
    progress = checkpoint.load(folder / "last", model, optimizer, ema.model if ema else None)
    if ema:
        ema.steps = progress.averaged
    return progress


def open_caches(
    run: Run, config: TrainConfig, accelerator: Accelerator, job: JobWriter
) -> tuple[CachedSplit, CachedSplit | None]:
    """Opens the caches of train and val (None without one); one process builds them, the others wait."""
    dataset = open_dataset(run.dataset)
    folder = Workspace(Path(run.spec["workspace"])).cache
    job.update(phase="cache")
    with accelerator.main_process_first():
        told = (job.progress, partial(_wait, job))
        excluded, wrong = read_excluded(run.folder), read_confirmed(run.folder)
        train = open_cache(dataset, "train", config.image_size, folder, config.train_limit, *told, excluded, wrong)
        has_val = any(f.split == "val" and f.masks for f in dataset.splits)
        val = open_cache(dataset, "val", config.image_size, folder, config.val_limit, *told) if has_val else None
    job.update(message="")
    for split, name in ((train, "train"), (val, "val")):
        if split and split.left_out:
            lines = split.left_out[:20]
            job.event("warning", message=f"{len(split.left_out)} images of {name} are left out", files=lines)
    return train, val


def _wait(job: JobWriter) -> None:
    job.update(message="another run fills the cache: waiting for it")
    job.check_stop()


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW with a learning rate of its own for the encoder."""
    encoder = list(cast(nn.Module, model.encoder).parameters())
    own = {id(p) for p in encoder}
    rest = [p for p in model.parameters() if id(p) not in own]
    groups = [
        {
            "params": encoder,
            "lr": config.learning_rate * config.encoder_lr_factor,
            "peak": config.learning_rate * config.encoder_lr_factor,
        },
        {"params": rest, "lr": config.learning_rate, "peak": config.learning_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
