"""What an index says of itself, readable without any model."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NotRequired

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Real, read_record
from bddseg_tui.core.retrieval.calibration import CalibrationRecord

EXACT_LIMIT = 100_000
"""Up to this many images exact search is as fast as a graph, and never wrong."""


@dataclass(frozen=True)
class Manifest:
    """A finished build: how many images, embedded by which model, and the graph's recall where there is a graph."""

    folder: Path
    model: str
    identity: str
    dimension: int
    count: int
    failures: int
    sha256: str
    built: float
    images_per_second: float | None
    graph: dict[str, Any] | None
    hnswlib: bool
    """Whether hnswlib is installed, without which no graph is built or searched."""
    calibration: CalibrationRecord | None = None
    uncalibrated: str = ""
    """Why there is no calibration; '' where there is one, or the index is of an earlier version."""

    @property
    def method(self) -> str:
        """How it is searched where no Milvus is set, in words."""
        if self.count > EXACT_LIMIT and self.graph is not None and self.hnswlib:
            return f"hnswlib, recall@10 {self.graph.get('recall')}"
        return "exact search"

    @property
    def advice(self) -> str:
        """Why the search is slow, and what makes it faster; '' where it is not."""
        if self.count <= EXACT_LIMIT or self.method != "exact search":
            return ""
        step = "" if self.hnswlib else "pip install 'bddseg-tui[ann]', then "
        return f"{self.count:,} images are searched exactly, which is slow; for a graph: {step}build the index again"


class ManifestRecord(TypedDict):
    """`manifest.json`, as the last finished build wrote it."""

    identity: Line
    dimension: Count
    count: Count
    sha256: Line
    built: Moment
    model: NotRequired[Line]
    failures: NotRequired[Count]
    encoded: NotRequired[Count]
    seconds: NotRequired[Real]
    file: NotRequired[Line]
    rows_used: NotRequired[Count]
    calibration: NotRequired[CalibrationRecord | None]
    uncalibrated: NotRequired[Line]


@with_config(extra="allow")
class GraphRecord(TypedDict):
    """`hnsw.json`: the checksums of the graph and of the vectors it is of, and how well it finds."""

    vectors: Line
    sha256: Line
    count: Count
    dimension: Count
    recall: Fraction


_MANIFEST = TypeAdapter(ManifestRecord)
_GRAPH = TypeAdapter(GraphRecord)
_LARGEST = 1 << 20


def read_manifest_record(folder: Path) -> ManifestRecord:
    """The manifest of an index folder as it was written.

    Raises:
        FileNotFoundError: there is none.
        RecordError: it makes no sense.
    """
    return read_record(_MANIFEST, folder / "manifest.json", _LARGEST)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an index folder; None where there is none or it is damaged, as `manifest_problem` tells."""
    try:
        raw = read_manifest_record(folder)
    except (FileNotFoundError, RecordError):
        return None
    encoded, seconds = raw.get("encoded", 0), raw.get("seconds", 0.0)
    return Manifest(
        folder=folder,
        model=raw.get("model", raw["identity"]),
        identity=raw["identity"],
        dimension=raw["dimension"],
        count=raw["count"],
        failures=raw.get("failures", 0),
        sha256=raw["sha256"],
        built=raw["built"],
        images_per_second=encoded / seconds if encoded and seconds > 0 else None,
        graph=_graph(folder, raw["sha256"]),
        hnswlib=_hnswlib_found(),
        calibration=raw.get("calibration"),
        uncalibrated=raw.get("uncalibrated", ""),
    )


def manifest_problem(folder: Path) -> str:
    """What is wrong with the manifest of an index folder; '' where nothing is, or there is none."""
    try:
        read_manifest_record(folder)
    except FileNotFoundError:
        return ""
    except RecordError as error:
        return str(error)
    return ""


def _hnswlib_found() -> bool:
    """Whether hnswlib is installed; it is not imported here, nor by the app."""
    try:
        return find_spec("hnswlib") is not None
    except (ImportError, ValueError):
        return False


def _graph(folder: Path, vectors: str) -> dict[str, Any] | None:
    try:
        graph: GraphRecord = read_record(_GRAPH, folder / "hnsw.json", _LARGEST)
    except (FileNotFoundError, RecordError):
        # A graph is a cache: search is exact without it, and the next build makes it anew.
        return None
    # One of other vectors is not searched either.
    return dict(graph) if graph["vectors"] == vectors else None
