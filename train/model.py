"""The network: one of SMP's, its encoder's weights, and running it at any size."""

import contextlib
from typing import Any, cast

import segmentation_models_pytorch as smp
import timm
import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.hub import offline, why_unreachable
from bddseg_tui.core.runs.architectures import CLASSES, SHOWN, SMALLEST, Architecture
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.encoders import STRIDE
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.train import efficientnet_lite
from bddseg_tui.train.state_check import misfit
from bddseg_tui.train.weights_file import SUFFIXES, read_weights


def make_model(config: TrainConfig) -> nn.Module:
    """The network with 20 outputs whose encoder has the configured weights.

    Raises:
        BddsegError: there is no such encoder, the architecture does not take it or the size, or its weights cannot be
            had; the message names the choices.
    """
    name = config.encoder
    if not name.startswith("tu-") and name not in smp.encoders.get_encoder_names():
        raise BddsegError(f"SMP has no encoder {sanitize(name)!r}{suggestion(name, smp.encoders.get_encoder_names())}")
    if name.startswith("tu-") and not timm.is_model(name.removeprefix("tu-").partition(".")[0]):
        known = [f"tu-{n}" for n in timm.list_models()]
        raise BddsegError(f"timm has no encoder {sanitize(name)!r}{suggestion(name, known)}")
    state = encoder_state(config)
    torch.manual_seed(config.seed)
    _refuse_size(config)
    # The weights are loaded below and not by SMP, so that the model's saved configuration asks for no download.
    try:
        model = build(config.architecture, name)
    except Exception as error:
        reason = sanitize(str(error)).partition(". ")[0][:160] or type(error).__name__
        shown = SHOWN[config.architecture]
        raise BddsegError(f"no {shown} can be made of the encoder {sanitize(name)!r}: {reason}") from error
    if state is not None:
        _load_encoder(cast(nn.Module, model.encoder), state, config.encoder_weights)
    return model


def build(architecture: Architecture, encoder: str) -> nn.Module:
    """SMP's network of this kind, with 20 outputs and random weights.

    Raises:
        Exception: of SMP's or timm's, where no such network can be made.
    """
    # A vision transformer takes images of other sizes than its own where it is told so.
    more: dict[str, Any] = {"dynamic_img_size": True} if architecture == "dpt" else {}
    made: nn.Module = getattr(smp, CLASSES[architecture])(encoder, encoder_weights=None, classes=NUM_CLASSES, **more)
    return made


def _refuse_size(config: TrainConfig) -> None:
    smallest = SMALLEST.get(config.architecture, 0)
    height, width = config.train_size
    if min(height, width) <= smallest - STRIDE:
        raise BddsegError(
            f"{SHOWN[config.architecture]} takes images from {smallest}x{smallest} pixels on, not "
            f"{height}x{width}: set {' and '.join(config.side_names)}, or another architecture"
        )


def encoder_name(model: nn.Module) -> str:
    """The name of a model's encoder, from its saved configuration; empty where it has none."""
    return str(getattr(model, "config", {}).get("encoder_name", ""))


def encoder_state(config: TrainConfig) -> dict[str, torch.Tensor] | None:
    """The encoder's weights: from a file, from the cache of SMP's hub, or downloaded; None for `none`.

    Raises:
        BddsegError: a file that cannot be read, or weights neither in the cache nor within reach.
    """
    source = config.encoder_weights
    if source == "none":
        return None
    path = typed_path(source)
    if path.suffix in SUFFIXES:
        return read_weights(path)
    if (packaged := efficientnet_lite.packaged_weights(config.encoder)) is not None:
        return packaged
    if config.encoder.startswith("tu-"):
        return _timm_state(config.encoder)
    return _hub_state(config.encoder, source)


def forward(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits float32 [N, 20, H, W] of normalised images [N, 3, H, W] of any size: padded, run, and cut back."""
    height, width = images.shape[-2:]
    padding = (0, -width % STRIDE, 0, -height % STRIDE)
    if any(padding):
        # By replication: a black edge would be a strong edge to a network that was trained on photographs.
        images = F.pad(images, padding, mode="replicate")
    logits: torch.Tensor = model(images)
    return logits[..., :height, :width].float()


def _hub_state(encoder: str, tag: str) -> dict[str, torch.Tensor]:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from safetensors.torch import load_file

    known = smp.encoders.encoders[encoder]["pretrained_settings"]
    if tag not in known:
        raise BddsegError(
            f"{encoder} has no weights {sanitize(tag)!r}: choose {', '.join(known)}, none, or a weights file"
        )
    repository, revision = known[tag]["repo_id"], known[tag]["revision"]
    cached = try_to_load_from_cache(repository, "model.safetensors", revision=revision)
    if isinstance(cached, str):
        try:
            return load_file(cached)
        except Exception as error:
            raise BddsegError(
                f"the {tag} weights of {encoder} in the cache are damaged ({sanitize(str(error))[:80]}): delete "
                f"{sanitize_path(cached)} to have them fetched again"
            ) from error
    what = f"the {tag} weights of {encoder}"
    fetch = f"fetch them where there is a network (`hf download {repository} --revision {revision}`), "
    if unreachable := why_unreachable():
        raise _missing(what, unreachable, fetch)
    try:
        return load_file(hf_hub_download(repository, "model.safetensors", revision=revision, etag_timeout=5))
    except Exception as error:
        raise _missing(what, type(error).__name__, fetch) from error


def _timm_state(encoder: str) -> dict[str, torch.Tensor]:
    # The cache first: timm would ask the network for what is there, too.
    with contextlib.suppress(Exception), offline(True):
        return smp.encoders.get_encoder(encoder, weights=True).state_dict()  # type: ignore[no-any-return]
    if unreachable := why_unreachable():
        raise _missing(f"the weights of {encoder}", unreachable)
    try:
        return smp.encoders.get_encoder(encoder, weights=True).state_dict()  # type: ignore[no-any-return]
    except Exception as error:
        raise _missing(f"the weights of {encoder}", type(error).__name__) from error


def _missing(what: str, why: str, fetch: str = "") -> BddsegError:
    return BddsegError(
        f"{what} are not in the cache and cannot be downloaded, as {sanitize(why)}: {fetch}"
        "name a file (--set encoder_weights=FILE.safetensors), or train from scratch (--set encoder_weights=none)"
    )


def _load_encoder(encoder: nn.Module, state: dict[str, torch.Tensor], source: str) -> None:
    """Loads weights whose names may start with `encoder.`, `module.` or `backbone.`; a classifier is left out."""
    own = encoder.state_dict()
    cleaned: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        key = _bare(key)
        cleaned.update({name: value for name in (key, f"model.{key}") if name in own})
    if not cleaned:
        names = f"its names are such as {sanitize(next(iter(state)))[:80]}, the encoder's such as {next(iter(own))}"
        raise BddsegError(f"{sanitize(source)} holds no weights of this encoder: {names}")
    if wrong := misfit(encoder, cleaned):
        raise BddsegError(f"{sanitize(source)} does not fit the encoder: {wrong}")
    encoder.load_state_dict(cleaned, strict=False)


def _bare(key: str) -> str:
    """A name without what training programs put before it, one in another."""
    shorter = key
    for prefix in ("module.", "backbone.", "encoder.", "model."):
        shorter = shorter.removeprefix(prefix)
    return key if shorter == key else _bare(shorter)
