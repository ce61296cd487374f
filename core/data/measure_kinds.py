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

_LABEL = MeasureKind(
    "how well the label fits what models say that did not see it; 0: it is wrong",
    "no label errors have been searched yet: `bddseg-tui data label-errors` does",
)

_LACKING = "nothing was measured yet: `bddseg-tui data odd` does so (P in the Dataset pane)"
_NOT_LOOKED = "nobody has looked for duplicates yet: `bddseg-tui data duplicates`, or d in the app, finds them"
MEASURES = {
    "label": _LABEL,
    "map-x": _MAP,
    "map-y": _MAP,
    "sharpness": MeasureKind("how sharp the image is", _LACKING),
    "underexposed": MeasureKind("the share of the image that is black", _LACKING),
    "overexposed": MeasureKind("the share of the image that is white", _LACKING),
    "odd-shape": MeasureKind("how far width by height is from that of most images", _LACKING),
    "mask-fit": MeasureKind("how well the mask lies on the edges of the image", _LACKING),
    "duplicate": MeasureKind("how like the likest other image is", _NOT_LOOKED),
    "leakage": MeasureKind("how like the likest image of another split is", _NOT_LOOKED),
}
"""By name. A name holds letters and hyphens alone: it stands in SQL."""
