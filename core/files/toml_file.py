"""Reading TOML that someone else may have written: whatever is in it, what cannot be read is a `RecordError`."""

import tomllib
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize

LARGEST = 1 << 20
"""Bytes of a file of settings."""


def parse_toml(text: str) -> dict[str, Any]:
    """The values of a TOML document.

    Raises:
        RecordError: it is none, is nested too deeply, or holds a number of too many digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise RecordError("it is nested too deeply") from error
    except ValueError as error:
        raise RecordError(f"it is no TOML: {sanitize(str(error))[:200]}") from error


def read_toml_file(path: Path, pipe: bool = False) -> dict[str, Any]:
    """A TOML file's values; with `pipe` it may also be one, such as a shell's `<(...)`.

    Raises:
        FileNotFoundError: there is none.
        RecordError: it cannot be read, is larger than a megabyte, or is no TOML.
    """
    try:
        return parse_toml((_read_any(path) if pipe else read_regular(path, LARGEST)).decode("utf-8"))
    except FileNotFoundError:
        raise
    except UnicodeError as error:
        raise RecordError("it is not UTF-8") from error
    except OSError as error:
        raise RecordError(disk_reason(error)) from error


def _read_any(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RecordError(f"it is larger than {LARGEST:,} bytes")
    return data
