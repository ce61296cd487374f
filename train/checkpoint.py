"""Checkpoints: whole or absent, without pickle, and loadable by SMP.

checkpoints/step-00000120.2/     model.safetensors + config.json   what smp.from_pretrained reads
                                 optimizer.safetensors, random.safetensors, state.json
                                 weights.safetensors               with EMA: what is trained; the model is its average
checkpoints/last -> step-...     links, replaced by renaming: one always points to a whole checkpoint
checkpoints/best -> step-...
"""

import hashlib
import inspect
import json
import random
import re
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import segmentation_models_pytorch as smp
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from typing_extensions import TypedDict

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import replace_link, sync_folder, sync_tree
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.records import Count, Fraction, Real, checked, read_record
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.files.temporary_files import sweep, temporary_path
from bddseg_tui.core.runs.architectures import CLASSES
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.train.state_check import misfit


@dataclass
class Progress:
    """Where a run stands: what else than tensors it takes to go on exactly.

    `position` counts the batches of the current epoch that are done: with the seed it is the sampler's state. The
    sums are of the current epoch's training losses. `averaged` counts the steps that the moving average is over.
    `batch_size` is the configured one or, where that is 0, the one that was found. `seconds` are those of training and
    validating, without the pauses before a resume.
    """

    epoch: Count = 0
    step: Count = 0
    position: Count = 0
    loss_sum: Real = 0.0
    loss_count: Count = 0
    best_miou19: Fraction | None = None
    best_epoch: Count | None = None
    size: tuple[Count, Count] = (0, 0)
    averaged: Count = 0
    batch_size: Count = 0
    seconds: Real = 0.0
    schedule: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] | None = None


class _Random(TypedDict):
    numpy: tuple[Count, Count, float]
    python: tuple[Count, list[Count], float | None]


class _Optimizer(TypedDict):
    groups: list[dict[str, Any]]


class _State(TypedDict):
    progress: Progress
    optimizer: _Optimizer
    random: _Random


_STATE = TypeAdapter(_State)
_MODEL = TypeAdapter(dict[str, Any])
_LARGEST = 16 << 20


def save(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    names: tuple[str, ...],
    ema: nn.Module | None = None,
) -> Path:
    """Writes a checkpoint into the run's `checkpoints` folder and points `names` (last, best) at it.

    Where there is a moving average of the weights (`ema`), that is what the checkpoint predicts with.

    Raises:
        BddsegError: it could not be written; the checkpoints that were there still are.
    """
    target = folder / f"step-{progress.step:08d}.{progress.epoch}"
    try:
        folder.mkdir(exist_ok=True)
        if not target.exists():
            _write(target, model, optimizer, progress, ema)
        for name in names:
            replace_link(folder / name, target.name)
        sync_folder(folder)
    except (OSError, SafetensorError) as error:
        raise BddsegError(
            f"the checkpoint of step {progress.step} could not be written to {sanitize_path(folder)}: "
            f"{_reason(error)}, then resume; the last one is kept"
        ) from error
    _sweep(folder)
    return target


def _reason(error: OSError | SafetensorError) -> str:
    if isinstance(error, OSError):
        return disk_reason(error)
    # safetensors tells the number of the system's error within its own words.
    number = re.search(r"os error (\d+)", str(error))
    return disk_reason(OSError(int(number[1]), "")) if number else sanitize(str(error))


def load(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, ema: nn.Module | None = None) -> Progress:
    """Restores model, its ema, optimizer and random states from a checkpoint's folder; returns where the run stood.

    Raises:
        BddsegError: it is damaged.
    """
    try:
        if ema is not None:
            _fill(ema, folder / "model.safetensors")
        _fill(model, folder / ("model.safetensors" if ema is None else "weights.safetensors"))
        state = read_record(_STATE, folder / "state.json", _LARGEST)
        _restore_optimizer(optimizer, load_file(folder / "optimizer.safetensors"), state["optimizer"])
        _restore_random(load_file(folder / "random.safetensors"), state["random"])
        progress = state["progress"]
    except RecordError as error:
        raise BddsegError(f"the checkpoint {sanitize_path(folder)} is damaged (state.json: {error})") from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError, SafetensorError) as error:
        raise BddsegError(f"the checkpoint {sanitize_path(folder)} is damaged ({_why(error)})") from error
    return progress


def cached_size(folder: Path) -> tuple[int, int]:
    """The (height, width) that most images of a checkpoint's run were cached at.

    Raises:
        BddsegError: it is damaged.
    """
    try:
        return read_record(_STATE, folder / "state.json", _LARGEST)["progress"].size
    except (OSError, RecordError) as error:
        raise BddsegError(f"the checkpoint {sanitize_path(folder)} is damaged (state.json: {error})") from error


def load_model(folder: Path) -> nn.Module:
    """The model of a checkpoint, ready to predict.

    SMP's `from_pretrained` is not used: it fetches what is missing from the network, and takes NaN for weights.

    Raises:
        BddsegError: there is none, or it is damaged; the message names the weights.
    """
    try:
        config = checked(_MODEL, decode(read_regular(folder / "config.json", 1 << 20)))
        name = config.pop("_model_class", "Unet")
        if name not in CLASSES.values():
            raise BddsegError(f"the checkpoint {sanitize_path(folder)} is of another network than those of SMP")
        kind, dynamic = getattr(smp, name), config.pop("dynamic_img_size", name == "DPT")
        # SMP hands what it does not know to timm, which would load a file that is named there.
        if unknown := sorted(config.keys() - (inspect.signature(kind.__init__).parameters.keys() - {"kwargs"})):
            raise BddsegError(f"the checkpoint {sanitize_path(folder)} has settings that no {name} has: {unknown[0]}")
        more = {"dynamic_img_size": bool(dynamic)} if name == "DPT" else {}
        model = kind(**{**config, **more, "encoder_weights": None})
        _fill(model, folder / "model.safetensors")
    except BddsegError:
        raise
    except Exception as error:
        raise BddsegError(f"the checkpoint {sanitize_path(folder)} cannot be loaded ({_why(error)})") from error
    return model.eval()  # type: ignore[no-any-return]


def _fill(model: nn.Module, path: Path) -> None:
    state = load_file(path)
    if wrong := misfit(model, state):
        raise BddsegError(f"the checkpoint {sanitize_path(path.parent)} is damaged: in {path.name} {wrong}")
    model.load_state_dict(state)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{sanitize_path(error.filename)}: {disk_reason(error)}" if error.filename else disk_reason(error)
    return sanitize(str(error)).partition(". ")[0][:160] or type(error).__name__


def weights_hash(folder: Path) -> str:
    """What tells a checkpoint's model from any other: the SHA-256 of its weights' file.

    Raises:
        BddsegError: it cannot be read.
    """
    path = folder / "model.safetensors"
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise disk_error(error, path, "read") from error


def _write(
    target: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, ema: nn.Module | None
) -> None:
    writing = temporary_path(target.parent)
    try:
        writing.mkdir()
        if ema is not None:
            save_file(_plain(model.state_dict()), writing / "weights.safetensors")
        save_file(_plain((ema or model).state_dict()), writing / "model.safetensors")
        config = {**getattr(model, "config"), "_model_class": type(model).__name__}  # noqa: B009 (SMP's mixin has it)
        (writing / "config.json").write_text(json.dumps(config, indent=2))
        tensors, groups = _optimizer_state(optimizer)
        save_file(tensors, writing / "optimizer.safetensors")
        random_tensors, random_rest = _random_state()
        save_file(random_tensors, writing / "random.safetensors")
        state = {"progress": asdict(progress), "optimizer": groups, "random": random_rest}
        (writing / "state.json").write_text(json.dumps(state))
        sync_tree(writing)
        writing.rename(target)
    except BaseException:
        # On a full disk this gives back the room that events and status need to say what happened.
        shutil.rmtree(writing, ignore_errors=True)
        raise


def _sweep(folder: Path) -> None:
    """Removes checkpoints that no name points to, and what killed writers left."""
    sweep([folder])
    used = {(folder / name).resolve() for name in ("last", "best") if (folder / name).exists()}
    for path in folder.iterdir():
        if path.name.startswith((".step-", "step-")) and path.is_dir() and path.resolve() not in used:
            shutil.rmtree(path, ignore_errors=True)


def _plain(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: v.detach().cpu().contiguous() for k, v in state.items()}


def _optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    state = optimizer.state_dict()
    tensors = {
        f"{i}.{k}": v for i, slots in state["state"].items() for k, v in slots.items() if isinstance(v, torch.Tensor)
    }
    groups = [{k: v for k, v in g.items() if not isinstance(v, torch.Tensor)} for g in state["param_groups"]]
    return _plain(tensors), {"groups": groups}


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], rest: _Optimizer) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    groups = [{**g, **({"betas": tuple(g["betas"])} if "betas" in g else {})} for g in rest["groups"]]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for parameter, slots in optimizer.state.items():
        for name, value in slots.items():
            if value.shape == parameter.shape:
                # Fused AdamW walks memory, so a moment must lie as its parameter does (channels_last), not as it
                # was saved; otherwise it would update one weight with another's moments.
                slots[name] = torch.empty_like(parameter).copy_(value)


def _random_state() -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    tensors = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["cuda"] = torch.cuda.get_rng_state()
    numpy_state = np.random.get_state(legacy=False)
    assert isinstance(numpy_state, dict)
    keys = numpy_state["state"]["key"]
    tensors["numpy"] = torch.from_numpy(keys.astype(np.int64))
    rest = {
        "numpy": [numpy_state["state"]["pos"], numpy_state["has_gauss"], numpy_state["gauss"]],
        "python": random.getstate(),
    }
    return tensors, rest


def _restore_random(tensors: dict[str, torch.Tensor], rest: _Random) -> None:
    torch.set_rng_state(tensors["torch"])
    if "cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["cuda"])
    position, has_gauss, gauss = rest["numpy"]
    np.random.set_state(("MT19937", tensors["numpy"].numpy().astype(np.uint32), position, has_gauss, gauss))
    version, internal, gauss_next = rest["python"]
    random.setstate((version, tuple(internal), gauss_next))
