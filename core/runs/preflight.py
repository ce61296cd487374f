"""What would end a training within seconds is found before its run is made, so that no failed run is left for it.

Names are looked up in the table of encoders. What only torch can tell (a name that is not in the table, a device for
which there is no sign) is asked of a process of `train`, which takes some seconds and happens only then.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.dataset import Dataset
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.processes.devices import check_visible, usable_gpus
from bddseg_tui.core.runs.architectures import SMALLEST
from bddseg_tui.core.runs.cache_size import (
    LabelledImages,
    cache_bytes,
    cached_images,
    labelled_images,
    mean_pixels,
    sizes_of_some,
)
from bddseg_tui.core.runs.encoders import encoders, find_encoder
from bddseg_tui.core.runs.queue import devices_for
from bddseg_tui.core.runs.timm_weights import tagged_weights, untagged
from bddseg_tui.core.runs.training_caches import cache_name
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.runs.config import TrainConfig

WEIGHT_FILES = (".safetensors", ".pth", ".pt")
_LARGEST_HEADER = 100 << 20
"""Bytes; safetensors itself refuses longer ones."""
_ASK_S = 120.0


def check_training(workspace: Workspace, dataset: Dataset, config: "TrainConfig") -> None:
    """Looks whether a run of this configuration can start.

    Raises:
        UsageError: an encoder or weights of that name do not exist; the nearest name is suggested.
        BddsegError: the dataset has nothing to train on, a device is not there, or the cache would not fit.
    """
    labelled = labelled_images(dataset)
    if not labelled.counts.get("train"):
        raise BddsegError(
            f"{sanitize_path(dataset.root)} has no labelled train split: training needs images with masks"
        )
    known = find_encoder(config.encoder, config.architecture) is not None and not _is_small(config)
    _check_tag(config.encoder)
    _check_weights(config)
    _check_teacher(workspace, config.teacher)
    if ":" in config.device:
        check_visible(devices_for(config))
    if not known or not _device_seems_there(config):
        _ask_torch(config)
    _check_room(workspace, dataset, labelled, config)


def _is_small(config: "TrainConfig") -> bool:
    """Whether the architecture may refuse so small images."""
    return min(config.train_size) < SMALLEST.get(config.architecture, 0)


def _check_tag(encoder: str) -> None:
    """Refuses a tag that none of the encoder's weights has."""
    known = [weights.encoder for weights in tagged_weights(encoder)]
    if known and encoder != untagged(encoder) and encoder not in known:
        tags = ", ".join(weights.tag for weights in tagged_weights(encoder))
        raise UsageError(
            f"{untagged(encoder)} has no weights with the tag of {sanitize(encoder)!r}{suggestion(encoder, known)}: "
            f"there are {tags}"
        )


def _check_teacher(workspace: Workspace, teacher: str) -> None:
    """Refuses a run to learn from that is not there, or has no checkpoint."""
    if teacher and not (workspace.runs / Path(teacher).name / "checkpoints" / "best").exists():
        known = [path.name for path in workspace.runs.iterdir()]
        raise UsageError(f"the teacher {sanitize(teacher)!r} is no run with a checkpoint{suggestion(teacher, known)}")


def _check_weights(config: "TrainConfig") -> None:
    source = config.encoder_weights
    if source == "none":
        return
    if source.lower().endswith(WEIGHT_FILES):
        _check_file(typed_path(source))
        return
    encoder = find_encoder(config.encoder)
    choices = (*(encoder.weights if encoder else ("imagenet",)), "none")
    if source not in choices:
        raise UsageError(
            f"{sanitize(config.encoder)} has no weights {sanitize(source)!r}{suggestion(source, choices)}: "
            f"choose {', '.join(choices)}, or a {' or '.join(WEIGHT_FILES)} file"
        )


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(8)
            length = int.from_bytes(head, "little")
            if path.suffix == ".safetensors":
                if len(head) < 8 or length > _LARGEST_HEADER:
                    raise ValueError
                if not isinstance(json.loads(file.read(length)), dict):
                    raise ValueError
    except OSError as error:
        raise UsageError(f"{sanitize_path(path)} cannot be read as weights: {disk_reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{sanitize_path(path)} is no safetensors file") from error


def _device_seems_there(config: "TrainConfig") -> bool:
    """Whether there are signs of the device that is asked for; without one torch is asked."""
    if config.device in ("auto", "cpu"):
        return True
    if config.device == "mps":
        return sys.platform == "darwin"
    gpus = usable_gpus()
    named = [name for name in devices_for(config) if ":" in config.device]
    return len(gpus) >= config.processes and all(name in gpus for name in named)


def _ask_torch(config: "TrainConfig") -> None:
    words = [sys.executable, "-P", "-m", "bddseg_tui.train.validate_config", config.model_dump_json()]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_ASK_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return  # the job itself will tell
    if done.returncode == 2:
        names = [e.name for e in encoders()]
        line = sanitize(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "it cannot be trained")
        near = "" if "did you mean" in line or untagged(config.encoder) in names else suggestion(config.encoder, names)
        raise UsageError(f"{line}{near}")


def _check_room(workspace: Workspace, dataset: Dataset, labelled: LabelledImages, config: "TrainConfig") -> None:
    """Refuses where caches that would be made anew do not fit; one that is there may need little more."""
    sizes = [config.image_size] if config.image_size else sizes_of_some(labelled.some)
    new = {
        split: count
        for split, count in cached_images(config, labelled.counts).items()
        if any(not (workspace.cache / cache_name(dataset.root, split, size)).exists() for size in sizes)
    }
    needed, free = cache_bytes(config, new, mean_pixels(sizes)), shutil.disk_usage(workspace.cache).free
    if needed > free:
        at = f"{config.height}x{config.width}" if config.image_size else "their own size"
        raise BddsegError(
            f"the cache of {sum(new.values()):,} images at {at} takes {needed / 1e9:.1f} GB, and "
            f"{sanitize_path(workspace.cache)} has {free / 1e9:.1f} GB left: make room, or set a smaller "
            "height and width"
        )
