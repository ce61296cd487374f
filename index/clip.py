"""CLIP through open_clip, one loader for all: a hub name with its weights, a local folder, or the tiny `demo` model."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.files.weights_archive import refuse_packed
from bddseg_tui.core.hub import offline, why_unreachable
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.index.hub import cache_folder, snapshot, why_not_loaded_from_hub
from bddseg_tui.index.vector_types import Vectors
from bddseg_tui.index.weights_check import refuse_broken, why_not_loaded

HUB = "hf-hub:"
"""Before OWNER/NAME of a model that open_clip saved on the Hub."""
DEMO = Path(__file__).parent / "weights" / "clip"


@dataclass(frozen=True)
class Clip:
    """A loaded CLIP.

    Attributes:
        name: what it was asked for by.
        identity: the name with a fingerprint of the weights; vectors of two identities must never be compared.
        dimension: length of an embedding.
        image_size: (height, width) that the vision tower takes.
        scale, bias: of the sigmoid that turns a cosine into a probability; bias None where the model was trained
            with a softmax, whose cosines say nothing by themselves.
    """

    name: str
    identity: str
    dimension: int
    image_size: tuple[int, int]
    scale: float
    bias: float | None
    device: str
    model: Any
    preprocess: Any
    tokenizer: Any

    def prepare(self, picture: Image.Image) -> Tensor:
        """The picture as the vision tower takes it, float32 [3, h, w]; open_clip's own preprocessing."""
        return self.preprocess(picture)  # type: ignore[no-any-return]

    @torch.inference_mode()
    def encode_prepared(self, batch: Tensor) -> Vectors:
        """Unit vectors, float32 [n, dimension], of prepared pictures [n, 3, h, w]."""
        batch = batch.to(self.device, non_blocking=True)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.device.startswith("cuda")):
            features = self.model.encode_image(batch)
        return _unit(features)

    def encode_images(self, pictures: list[Image.Image]) -> Vectors:
        """Unit vectors, float32 [n, dimension]."""
        return self.encode_prepared(torch.stack([self.prepare(p) for p in pictures]))

    @torch.inference_mode()
    def encode_texts(self, texts: list[str]) -> Vectors:
        """Unit vectors, float32 [n, dimension]; a long text is cut at the model's context length."""
        return _unit(self.model.encode_text(self.tokenizer(texts).to(self.device)))


def load_clip(name: str, device: str | None = None, download: bool = False) -> Clip:
    """Loads a CLIP.

    Args:
        name: `demo`, a folder that open_clip saved, `hf-hub:OWNER/NAME`, or MODEL/WEIGHTS as open_clip names them
            (`ViT-B-32/laion2b_s34b_b79k`).
        device: "cpu" or "cuda"; by default the GPU where there is one.
        download: allow weights that are not in the cache to be fetched.

    Raises:
        UsageError: no model or weights are called so.
        BddsegError: the weights are not in the cache, or cannot be read.
    """
    import open_clip

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    folder = DEMO if name == "demo" else typed_path(name)
    logging.getLogger().setLevel(logging.CRITICAL)
    # What is in the cache is loaded from there, though it may be fetched, where the Hub cannot be asked.
    unreachable = why_unreachable() if download and not folder.is_dir() else ""
    download = download and not unreachable
    if folder.is_dir():
        source, weights = f"local-dir:{folder}", None
    elif name.startswith(HUB):
        _refuse_absent(name, download, unreachable)
        here = snapshot(_repository(name))
        # As a folder it needs no file that says which files of the repository do not exist.
        copied = not download and (here / "open_clip_config.json").is_file()
        source, weights = f"local-dir:{here}" if copied else name, None
    else:
        source, weights = _known(name)
        _refuse_absent(name, download, unreachable)
    try:
        local = Path(source.removeprefix("local-dir:"))
        for packed in (*local.glob("*.bin"), *local.glob("*.pth")) if local.is_dir() else ():
            refuse_packed(packed)
        with offline(not download):
            # Without `require_pretrained` a folder that holds no weights becomes a model of random ones.
            model, _, preprocess = open_clip.create_model_and_transforms(
                source, weights, device=device, require_pretrained=True, weights_only=True
            )
            tokenizer = open_clip.get_tokenizer(source, **_no_code(open_clip.get_model_config(source)))
        refuse_broken(model)
    except Exception as error:
        raise BddsegError(_why_not(name, folder, error, download, unreachable)) from error
    model.eval()
    with torch.inference_mode():
        # Asked of the model itself: where the text tower keeps its projection differs between architectures.
        dimension = int(model.encode_text(tokenizer(["a"]).to(device)).shape[-1])
    size = model.visual.image_size
    bias = getattr(model, "logit_bias", None)
    return Clip(
        name=name,
        identity=f"{name if weights or name == 'demo' or name.startswith(HUB) else folder.name}@{fingerprint(model)}",
        dimension=dimension,
        image_size=(size, size) if isinstance(size, int) else (int(size[0]), int(size[1])),
        scale=float(model.logit_scale.detach().exp()),
        bias=None if bias is None else float(bias.detach()),
        device=device,
        model=model,
        preprocess=preprocess,
        tokenizer=tokenizer,
    )


def fingerprint(model: torch.nn.Module) -> str:
    """Twelve digits that change with the weights: a hash over the start of every tensor."""
    digest = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.flatten()[:64].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


def _no_code(config: Any) -> dict[str, Any]:
    """What keeps a tokenizer from running code that comes with it.

    open_clip hands on what the folder itself wants, `trust_remote_code` too; where nothing is said, transformers asks
    on standard input. Its own tokenizers run nothing, and take no such argument.
    """
    text = config.get("text_cfg") if isinstance(config, dict) else None
    return {"trust_remote_code": False} if isinstance(text, dict) and text.get("hf_tokenizer_name") else {}


def _known(name: str) -> tuple[str, str]:
    import open_clip

    model, _, weights = name.rpartition("/")
    there = open_clip.list_pretrained()
    if (model, weights) in there:
        return model, weights
    tags = [w for m, w in there if m in (name, model)]
    advice = f"with weights: {', '.join(tags[:6])}" if tags else "see open_clip's list of models"
    raise UsageError(
        f"no CLIP is called {sanitize(name)!r}: name `demo`, a folder, hf-hub:OWNER/NAME, or MODEL/WEIGHTS ({advice})"
    )


def _refuse_absent(name: str, download: bool, unreachable: str) -> None:
    """Says so before a model is made for weights that are not there, which takes ten seconds."""
    repository = _repository(name)
    if not download and repository != name and not any(cache_folder(repository).glob("snapshots/*/*")):
        why = why_not_loaded_from_hub(name, repository, OSError(), _fetch(name), download, unreachable)
        raise BddsegError(why or f"the weights of {sanitize(name)} are not in the cache: {_fetch(name)}")


def _fetch(name: str) -> str:
    return f"fetch them with `bddseg-tui index build DIR --model {sanitize(name)} --download`, or use --model demo"


def _why_not(name: str, folder: Path, error: Exception, download: bool, unreachable: str) -> str:
    if folder.is_dir():
        return f"{sanitize_path(folder)} holds no CLIP that open_clip can load ({_reason(error)})"
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return f"there is not enough memory for {sanitize(name)}: choose a smaller CLIP, or device=cpu"
    missing = None
    if not isinstance(error, BddsegError):
        missing = why_not_loaded_from_hub(name, _repository(name), error, _fetch(name), download, unreachable)
    return missing or f"{sanitize(name)} cannot be loaded ({_reason(error)})"


def _repository(name: str) -> str:
    """Where open_clip has the weights of MODEL/WEIGHTS from: a repository of the Hub, or nothing that it names."""
    from open_clip.pretrained import get_pretrained_cfg

    if name.startswith(HUB):
        return name.removeprefix(HUB)
    model, _, weights = name.rpartition("/")
    return str(get_pretrained_cfg(model, weights).get("hf_hub") or name).strip("/")


def _reason(error: Exception) -> str:
    if "Required pretrained weights" in str(error):
        return "it has no weights: open_clip_model.safetensors is missing"
    return why_not_loaded(error)


def _unit(features: Tensor) -> Vectors:
    return np.ascontiguousarray(F.normalize(features.float(), dim=-1).cpu().numpy(), dtype=np.float32)
