"""Records that are read back from disk or from a process: whatever is in them, a wrong one is a `RecordError`.

Each kind of record has its model, a TypedDict or dataclass, in the module it belongs to; here are the types of their
fields and the ways to decode. pydantic reads JSON twice as fast as the standard library, checks included, and
refuses what is nested without end, numbers without end, NaN, and text that is no Unicode.
"""

import math
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, PlainValidator, Strict, TypeAdapter, ValidationError

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.json_text import decode as decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize, sanitize_lines

__all__ = [
    *("Count", "Real", "Fraction", "Percentage", "Moment", "Line", "Text", "FileName"),
    *("NOTHING_LEFT_OUT", "LeftOut", "checked", "plain", "read_record", "reason"),
]
T = TypeVar("T")
LONGEST_LINE, LONGEST_TEXT = 20_000, 1_000_000
"""Characters of one text in a record that are kept."""


def _line(value: Any) -> Any:
    return sanitize(value[:LONGEST_LINE]) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    return sanitize_lines(value[:LONGEST_TEXT]) if isinstance(value, str) else value


def _file_name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    try:
        # A surrogate that stands for no byte names no file either.
        fits = len(value.encode("utf-8", "surrogateescape")) <= 4096
    except UnicodeError:
        fits = False
    if not value or "\0" in value or not fits:
        raise ValueError("is no file's name")
    return value


Count = Annotated[int, Strict(), Field(ge=0, le=2**53)]
"""A whole number from 0."""
Real = Annotated[float, Strict(), Field(ge=-1e39, le=1e39, allow_inf_nan=False)]
"""A finite number, no larger than float32 has: what is computed with it stays finite too."""
Fraction = Annotated[float, Strict(), Field(ge=0, le=1.000001, allow_inf_nan=False)]
"""From 0 to 1, and what rounding adds."""
Percentage = Annotated[float, Strict(), Field(ge=0, le=100.0001, allow_inf_nan=False)]
Moment = Annotated[float, Strict(), Field(ge=0, le=253_402_300_799, allow_inf_nan=False)]
"""Seconds since 1970, before the year 10000."""
Line = Annotated[str, BeforeValidator(_line)]
"""One line for people, sanitized."""
Text = Annotated[str, BeforeValidator(_lines)]
"""Lines for people, sanitized."""
FileName = Annotated[str, PlainValidator(_file_name)]
"""A path as Python has it, bytes that are not UTF-8 as surrogates: raw, to be opened and not to be shown."""


def checked(model: TypeAdapter[T], raw: Any) -> T:
    """A decoded value as its model has it.

    Raises:
        RecordError: it does not fit; the message names the first field.
    """
    try:
        return model.validate_python(raw)
    except ValidationError as error:
        raise RecordError(reason(error)) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise RecordError(sanitize(str(error))[:120]) from error


def read_record(model: TypeAdapter[T], path: Path, largest: int) -> T:
    """A JSON file of one record.

    Raises:
        FileNotFoundError: there is none.
        RecordError: it cannot be read, is larger than `largest` bytes, or makes no sense.
    """
    try:
        data = read_regular(path, largest)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RecordError(disk_reason(error)) from error
    return checked(model, decode(data))


def plain(value: Any) -> Any:
    """A value that JSON and its readers can take: no float that is not finite, no text that is no Unicode."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def reason(error: ValidationError, tagged: bool = False) -> str:
    """What is wrong with the first field that does not fit, in a few words.

    With `tagged` the model is a union by kind, whose errors name the kind first.
    """
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return f"it is no JSON: {sanitize(problem['msg'].removeprefix('Invalid JSON: '))[:80]}"
    if problem["type"].startswith("union_tag"):
        return f"it is of no known kind{_tag(problem.get('ctx', {}))}"
    where = ".".join(sanitize(str(part))[:40] for part in problem["loc"][tagged:][-2:])
    if problem["type"] == "missing":
        return f"{where} is missing"
    text = problem["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return f"{where} {text}"[:200] if where else text[:200]


def _tag(context: dict[str, Any]) -> str:
    return f" ({sanitize(str(context['tag']))[:40]})" if "tag" in context else ""
