"""What a checkpoint can be exported as, and which files that makes."""

from pathlib import Path

from bddseg_tui.core.files.owned_folder import own

CARD = "README.md"
FILES = {
    "onnx": ("model.onnx", CARD),
    "torchscript": ("model.pt", CARD),
    "smp": ("model.safetensors", "config.json", CARD),
    "hub-folder": ("model.safetensors", "config.json", "preprocessor_config.json", CARD),
}
"""By kind, the files of an export, the model card last."""
EXPORTS = tuple(FILES)


def check_export_folder(to: Path, kind: str) -> None:
    """Looks whether an export can go into a folder; makes it if it is not there.

    Raises:
        BddsegError: the folder cannot be made, or files would be replaced that no export made.
    """
    own(to, "export").check(FILES[kind])
