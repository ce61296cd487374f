"""Configurations of training runs from presets, files, and `--set`; `train_config.py` has what they are made of."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import RecordError, UsageError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.toml_file import parse_toml, read_toml_file
from bddseg_tui.core.runs.train_config import TrainConfig, field_errors, validate
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion

__all__ = [
    "TrainConfig",
    "build_config",
    "field_errors",
    "load_preset",
    "preset_names",
    "read_toml",
    "suggested_preset",
    "validate",
]


def build_config(preset: str | None = None, assignments: Iterable[str] = (), file: Path | None = None) -> TrainConfig:
    """A configuration from a preset, then a TOML file, then `key=value` assignments; later ones win.

    Raises:
        UsageError: an unknown preset or key (the nearest name is suggested), or a value that does not fit.
    """
    values: dict[str, Any] = {}
    if preset is not None:
        values |= load_preset(preset)
    if file is not None:
        values |= read_toml(file)
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set takes key=value, not {sanitize(assignment)!r}")
        values[key.strip()] = _parse_value(value.strip())
    return validate(values)


def preset_names() -> list[str]:
    """Names of the presets that come with the program; the plain one first."""
    names = {
        entry.name.removesuffix(".toml")
        for entry in files("bddseg_tui.core.runs").joinpath("presets").iterdir()
        if entry.name.endswith(".toml")
    }
    return sorted(names, key=lambda n: (n != "cross-entropy", n))


def suggested_preset(root: Path) -> str:
    """The preset that a run on the dataset in this folder begins with, where nothing else is said."""
    return "demo" if (root / "scenes.jsonl").exists() else "cross-entropy"


def load_preset(name: str) -> dict[str, Any]:
    """A preset's values.

    Raises:
        UsageError: no preset has this name.
    """
    if name not in preset_names():
        raise UsageError(
            f"no preset is called {sanitize(name)!r}{suggestion(name, preset_names())}: "
            f"there are {', '.join(preset_names())}"
        )
    return parse_toml(files("bddseg_tui.core.runs").joinpath("presets", f"{name}.toml").read_text("utf-8"))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's values.

    Raises:
        UsageError: it is missing or no TOML.
    """
    try:
        return read_toml_file(path, pipe=True)
    except (OSError, RecordError) as error:
        why = disk_reason(error) if isinstance(error, OSError) else error
        raise UsageError(f"{sanitize_path(path)} cannot be read as TOML: {why}") from error


def _parse_value(text: str) -> Any:
    try:
        return parse_toml(f"value = {text}")["value"]
    except RecordError:
        return text
