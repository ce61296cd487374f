"""What a map of embeddings says of itself, readable without any model."""

from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.records import Count, Line, Moment, Real, read_record

MAP_FILE = "map.json"


class MapRecordFile(TypedDict):
    """`map.json`, as the job that made the map wrote it last."""

    model: Line
    vectors: Line
    images: Count
    placed: Count
    seconds: Real
    built: NotRequired[Moment]


@dataclass(frozen=True)
class MapRecord:
    """A map that is there: of which CLIP, of how many images, and how many of them came after it was laid out.

    `current` says whether it is of the vectors that the index has now; `built` is in seconds since the epoch.
    """

    model: str
    images: int
    placed: int
    seconds: float
    built: float
    current: bool


_RECORD = TypeAdapter(MapRecordFile)
_LARGEST = 1 << 16


def read_map_record(folder: Path, vectors: str) -> MapRecord | None:
    """Of the map in a job's folder, held against the checksum of the index's vectors; None where there is none."""
    try:
        raw = read_record(_RECORD, folder / MAP_FILE, _LARGEST)
    except (FileNotFoundError, RecordError):
        return None
    return MapRecord(
        raw["model"], raw["images"], raw["placed"], raw["seconds"], raw.get("built", 0.0), raw["vectors"] == vectors
    )
