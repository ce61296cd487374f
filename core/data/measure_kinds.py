"""What can be measured of each image apart from any evaluation, by the names that filters and sorting have for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureKind:
    """A measure; `lacking` says what measures it, for who asks before.

    `scale` is what its values are multiplied by where a person reads or types them: 100 for what lies in 0..1 and is
    spoken of in percent, 1 for numbers.
    """

    meaning: str
    lacking: str
    scale: int = 100


_NO_MAP = "there is no map yet: `bddseg-tui index map` makes it"

_LABEL = MeasureKind(
    "how well the label fits what models say that did not see it; 0: it is wrong",
    "no label errors have been searched yet: `bddseg-tui data label-errors` does",
)

_LACKING = "nothing was measured yet: `bddseg-tui data odd` does so (P in the Dataset pane)"
_NOT_LOOKED = "nobody has looked for duplicates yet: `bddseg-tui data duplicates`, or d in the app, finds them"
_NOT_CHOSEN = "nobody has asked yet what to label: `bddseg-tui data label-next` chooses"

MEASURES = {
    "label": _LABEL,
    "map-x": MeasureKind("place on the map, from the left", _NO_MAP),
    "map-y": MeasureKind("place on the map, from the top", _NO_MAP),
    "cluster": MeasureKind("group on the map, the largest is 1", _NO_MAP, scale=1),
    "sharpness": MeasureKind("how sharp the image is", _LACKING),
    "underexposed": MeasureKind("the share of the image that is black", _LACKING),
    "overexposed": MeasureKind("the share of the image that is white", _LACKING),
    "odd-shape": MeasureKind("how far width by height is from that of most images", _LACKING),
    "mask-fit": MeasureKind("how well the mask lies on the edges of the image", _LACKING),
    "duplicate": MeasureKind("how like the likest other image is", _NOT_LOOKED),
    "label-next": MeasureKind("what to label next", _NOT_CHOSEN),
    "novelty": MeasureKind("how unlike all labelled images it is", _NOT_CHOSEN),
    "leakage": MeasureKind("how like the likest image of another split is", _NOT_LOOKED),
}
"""By name. A name holds letters and hyphens alone: it stands in SQL."""
