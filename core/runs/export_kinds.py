"""What a checkpoint can be exported as, and which files that makes."""

from pathlib import Path
from typing import Literal, get_args

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

ExportKind = Literal["onnx", "torchscript", "smp", "hub-folder"]
EXPORTS: tuple[ExportKind, ...] = get_args(ExportKind)
CARD = "README.md"
FILES: dict[ExportKind, tuple[str, ...]] = {
    "onnx": ("model.onnx", CARD),
    "torchscript": ("model.pt", CARD),
    "smp": ("model.safetensors", "config.json", CARD),
    "hub-folder": ("model.safetensors", "config.json", "preprocessor_config.json", CARD),
}
"""By kind, the files of an export, the model card last."""


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
