"""What can be measured of each image apart from any evaluation, by the names that filters and sorting have for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureKind:
    """A measure, 0..1 and spoken of in percent; `lacking` says what measures it, for who asks before."""

    meaning: str
    lacking: str


_MAP = MeasureKind(
    "where the image lies on the map of embeddings", "there is no map yet: `bddseg-tui index map` makes it"
)

MEASURES = {"map-x": _MAP, "map-y": _MAP}
"""By name. A name holds letters and hyphens alone: it stands in SQL."""
