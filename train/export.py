"""Exporting a checkpoint: ONNX, TorchScript, an SMP folder, or a folder for the Hub; each is run to check it.

ONNX and TorchScript models take images as float32 [N, 3, H, W] in 0..1 and normalise them themselves, so that whoever
runs them needs to know nothing of the training. SMP folders hold the bare model.
"""

import json
import shutil
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import sync_tree, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.report.card import model_card
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.evaluation import Evaluation, evaluation_folder, load_evaluation
from bddseg_tui.core.runs.export_kinds import CARD, FILES, ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.export_metadata import export_metadata
from bddseg_tui.train.model import encoder_name
from bddseg_tui.train.normalise import statistics

TOLERANCE = 1e-2
"""Largest difference of logits that still counts as the same model: fused kernels round differently."""
_OPSET = 18


class Normalised(nn.Module):
    """A model that takes images in 0..1."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        mean, std = statistics(encoder_name(model))
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits float32 [N, 20, H, W] of images float32 [N, 3, H, W] in 0..1; sides are multiples of 32."""
        return self.model((images - self.mean) / self.std)  # type: ignore[no-any-return, operator]


def export_run(run: Run, checkpoint: str, kind: ExportKind, to: Path, job: JobWriter) -> None:
    """Writes the export and its model card into the folder `to`, and reports the largest difference.

    The export is run and compared before anything is written; then its files come all at once.

    Raises:
        BddsegError: a package is missing, the folder can't be written, files in it are not an export's, or the export
            gives other results.
    """
    config = validate(run.spec["train"])
    source = run.folder / "checkpoints" / checkpoint
    job.update(state="running", phase="export")
    folder = own(to, "export")
    folder.check(FILES[kind])
    model = Normalised(load_model(source)).eval()
    example = _example(config)
    try:
        with temporary_folder(to) as writing:
            difference = _export(model, kind, source, writing, example)
            if not difference <= TOLERANCE:
                raise BddsegError(f"the export's logits differ by {difference:.3g}: it is not the same model")
            card = model_card(
                name=f"{run.name} ({checkpoint})",
                kind=kind,
                config=dict(run.spec["train"]),
                dataset=sanitize_path(run.dataset.name),
                evaluation=_evaluation(run, checkpoint),
                difference=difference,
                size=(example.shape[2], example.shape[3]),
                statistics=statistics(encoder_name(model.model)),
            )
            write_text(writing / CARD, card)
            sync_tree(writing)
            folder.claim(FILES[kind])
            for name in FILES[kind]:
                (writing / name).replace(to / name)
            # A card that someone goes on writing is theirs.
            folder.done(FILES[kind])
    except OSError as error:
        raise disk_error(error, to) from error
    files = sorted(FILES[kind])
    job.event("exported", kind_of_export=kind, max_difference=difference, to=sanitize_path(to), files=files)


def _export(model: Normalised, kind: ExportKind, source: Path, to: Path, example: torch.Tensor) -> float:
    match kind:
        case "torchscript":
            return _torchscript(model, to / "model.pt", example)
        case "onnx":
            return _onnx(model, to / "model.onnx", example)
        case "smp":
            return _smp(model, source, to, example)
    labels: dict[str, Any] = {"id2label": {str(c.id): c.name for c in CLASSES}}
    mean, std = statistics(encoder_name(model.model))
    labels |= {"image_mean": mean, "image_std": std, "size": {"height": example.shape[2], "width": example.shape[3]}}
    write_text(to / "preprocessor_config.json", json.dumps(labels, indent=2))
    return _smp(model, source, to, example)


@torch.inference_mode()
def _torchscript(model: Normalised, path: Path, example: torch.Tensor) -> float:
    # By way of memory: torch's own writer tells nothing of a full disk but that it failed.
    made = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata = {"metadata.json": json.dumps(_metadata(model, example))}
        torch.jit.save(torch.jit.trace(model, example), made, _extra_files=metadata)
        made.seek(0)
        exported = torch.jit.load(made).eval()
    path.write_bytes(made.getvalue())
    # Another batch and size than it was traced with: what is traced must not be fixed to them.
    other = torch.rand(1, 3, example.shape[2] + 32, example.shape[3] + 32)
    return max(_difference(exported(x), model(x)) for x in (example, other))


def _onnx(model: Normalised, path: Path, example: torch.Tensor) -> float:
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise BddsegError("ONNX needs more packages: pip install 'bddseg-tui[export]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.onnx.export(
            model,
            (example,),
            input_names=["images"],
            output_names=["logits"],
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=4096)}},
            verbose=False,
        )
    assert made is not None
    proto = made.model_proto
    onnx.helper.set_model_props(proto, _metadata(model, example))
    data: bytes = proto.SerializeToString()
    path.write_bytes(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    largest = 0.0
    for images in (example, torch.rand(3, *example.shape[1:])):
        (logits,) = session.run(None, {"images": images.numpy()})
        with torch.inference_mode():
            largest = max(largest, _difference(torch.from_numpy(np.asarray(logits)), model(images)))
    return largest


@torch.inference_mode()
def _smp(model: Normalised, source: Path, to: Path, example: torch.Tensor) -> float:
    for name in ("model.safetensors", "config.json"):
        shutil.copyfile(source / name, to / name)
    exported = Normalised(load_model(to)).eval()
    return _difference(exported(example), model(example))


def _example(config: TrainConfig) -> torch.Tensor:
    """Two images at the training size, float32 in 0..1; sides are multiples of 32."""
    height, width = (-(-side // 32) * 32 for side in config.size)
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def _metadata(model: Normalised, example: torch.Tensor) -> dict[str, str]:
    return export_metadata((example.shape[2], example.shape[3]), statistics(encoder_name(model.model)))


def _difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max())


def _evaluation(run: Run, checkpoint: str) -> Evaluation | None:
    try:
        return load_evaluation(evaluation_folder(run.folder, checkpoint, "val"))
    except BddsegError:
        return None
