"""What a checkpoint can be exported as, and which files that makes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion

ExportKind = Literal["onnx", "torchscript", "smp", "hub-folder"]
EXPORTS: tuple[ExportKind, ...] = get_args(ExportKind)
ABOUT: dict[ExportKind, str] = {
    "onnx": "one file for onnxruntime and others",
    "torchscript": "one file for torch.jit.load, also from C++",
    "smp": "a folder for segmentation_models_pytorch.from_pretrained",
    "hub-folder": "the same with labels and a card, ready for the Hugging Face Hub",
}
"""What each is for, in a few words."""
CARD, CLASSES_FILE = "README.md", "classes.json"
FILES: dict[ExportKind, tuple[str, ...]] = {
    "onnx": ("model.onnx", CARD),
    "torchscript": ("model.pt", CARD),
    "smp": ("model.safetensors", "config.json", CLASSES_FILE, CARD),
    "hub-folder": ("model.safetensors", "config.json", "preprocessor_config.json", CARD),
}
"""By kind, the files of an export, the model card last."""


@dataclass(frozen=True)
class Exported:
    """What an export made: its files, and the largest absolute difference of its logits from the model's own."""

    files: tuple[str, ...]
    max_difference: float


def read_exported(job: Path) -> Exported:
    """What the export says that worked in this folder.

    Raises:
        BddsegError: it says nothing of it.
    """
    told = [e for e in read_events(job / "events.jsonl", ("exported",)) if e["kind"] == "exported"]
    if not told:
        raise BddsegError(f"{sanitize_path(job)} does not say what was exported: export again")
    return Exported(tuple(told[-1]["files"]), told[-1]["max_difference"])


def parse_export_kind(text: str) -> ExportKind:
    """The kind of that name.

    Raises:
        UsageError: there is none.
    """
    for kind in EXPORTS:
        if text == kind:
            return kind
    raise UsageError(f"--to takes {', '.join(EXPORTS)}, not {sanitize(text)!r}{suggestion(text, EXPORTS)}")


def check_export_folder(to: Path, kind: ExportKind) -> None:
    """Looks whether an export can go into a folder; makes it if it is not there.

    Raises:
        BddsegError: the folder cannot be made, or files would be replaced that no export made.
    """
    own(to, "export").check(FILES[kind])
