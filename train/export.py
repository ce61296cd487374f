"""Exporting a checkpoint: ONNX, TorchScript, an SMP folder, or a folder for the Hub; each is run to check it.

ONNX and TorchScript models take images as float32 [N, 3, H, W] in 0..1 and do all else that `predict` does
(`train/export_model.py`), so that whoever runs them needs to know nothing of the training. SMP folders hold the bare
model; their cards say in code what else there is to do.
"""

import json
import shutil
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import sync_tree, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.report.card import model_card
from bddseg_tui.core.runs.config import validate
from bddseg_tui.core.runs.evaluation import Evaluation, evaluation_folder, load_evaluation
from bddseg_tui.core.runs.export_kinds import CARD, CLASSES_FILE, FILES, ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.train.checkpoint import cached_size, load_model
from bddseg_tui.train.export_metadata import class_facts, export_metadata, preprocessor_config
from bddseg_tui.train.export_model import ExportedModel, scripted
from bddseg_tui.train.export_onnx import onnx_file
from bddseg_tui.train.model import encoder_name
from bddseg_tui.train.normalise import statistics

TOLERANCE = 1e-2
"""Largest difference of logits that still counts as the same model: fused kernels round differently."""


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
    network = load_model(source)
    # An ONNX file takes images of one size; where a run has those of several, that which most have.
    size = config.image_size or cached_size(source)
    own_size = config.image_size is None and kind != "onnx"
    try:
        with temporary_folder(to) as writing:
            difference = _export(network, kind, source, writing, size, own_size)
            if not difference <= TOLERANCE:
                raise BddsegError(f"the export's logits differ by {difference:.3g}: it is not the same model")
            card = model_card(
                name=f"{run.name} ({checkpoint})",
                kind=kind,
                config=dict(run.spec["train"]),
                dataset=sanitize_path(run.dataset.name),
                evaluation=_evaluation(run, checkpoint),
                difference=difference,
                size=size,
                own_size=own_size,
                statistics=statistics(encoder_name(network)),
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


def _export(
    network: nn.Module, kind: ExportKind, source: Path, to: Path, size: tuple[int, int], own_size: bool
) -> float:
    """Writes the files; returns the largest difference of the logits, at other batches and sizes too."""
    numbers = statistics(encoder_name(network))
    model = ExportedModel(network, numbers).eval()
    example = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    metadata = export_metadata(size, numbers)
    match kind:
        case "torchscript":
            return _torchscript(model, scripted(network, numbers, size), to / "model.pt", example, metadata)
        case "onnx":
            return _onnx(model, onnx_file(model, size, metadata), to / "model.onnx", example)
        case "smp":
            write_text(to / CLASSES_FILE, json.dumps(class_facts(), indent=2))
        case "hub-folder":
            about = preprocessor_config(None if own_size else size, numbers)
            write_text(to / "preprocessor_config.json", json.dumps(about, indent=2))
    return _smp(model, source, to, example)


@torch.inference_mode()
def _torchscript(
    model: ExportedModel, made: torch.jit.ScriptModule, path: Path, example: torch.Tensor, metadata: dict[str, str]
) -> float:
    # By way of memory: torch's own writer tells nothing of a full disk but that it failed.
    data = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(made, data, _extra_files={"metadata.json": json.dumps(metadata)})
        data.seek(0)
        exported = torch.jit.load(data).eval()
    path.write_bytes(data.getvalue())
    # Another batch and size than it was traced with: what is traced must not be fixed to them.
    other = torch.rand(1, 3, example.shape[2] + 19, example.shape[3] + 40)
    return max(_difference(exported(x), model(x)) for x in (example, other))


def _onnx(model: ExportedModel, data: bytes, path: Path, example: torch.Tensor) -> float:
    import onnxruntime

    path.write_bytes(data)
    options = onnxruntime.SessionOptions()
    # An input that may be left out is a warning to it.
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    largest = 0.0
    for images in (example, torch.rand(3, *example.shape[1:])):
        (logits,) = session.run(["logits"], {"images": images.numpy()})
        with torch.inference_mode():
            largest = max(largest, _difference(torch.from_numpy(np.asarray(logits)), model(images)))
    return largest


@torch.inference_mode()
def _smp(model: ExportedModel, source: Path, to: Path, example: torch.Tensor) -> float:
    for name in ("model.safetensors", "config.json"):
        shutil.copyfile(source / name, to / name)
    network = load_model(to)
    exported = ExportedModel(network, statistics(encoder_name(network))).eval()
    return _difference(exported(example), model(example))


def _difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max())


def _evaluation(run: Run, checkpoint: str) -> Evaluation | None:
    try:
        return load_evaluation(evaluation_folder(run.folder, checkpoint, "val"))
    except BddsegError:
        return None
