"""Two CLIPs on one dataset, class by class: which of them finds more of what the masks show."""

from dataclasses import dataclass

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.manifest import Manifest


@dataclass(frozen=True)
class ComparedClass:
    """A class, the share (0..1) of images that show it, and each model's average precision (0..1)."""

    name: str
    share: float
    first: float
    second: float

    @property
    def difference(self) -> float:
        """By how much the second finds better."""
        return self.second - self.first


def compare_indexes(first: Manifest, second: Manifest) -> list[ComparedClass]:
    """The classes that some images show and some do not, most gained by the second model first.

    Raises:
        BddsegError: one of the indexes has no calibration, which is where the figures are.
    """
    for manifest in (first, second):
        if manifest.calibration is None:
            why = manifest.uncalibrated or "`bddseg-tui index build` calibrates it"
            raise BddsegError(f"the index of {manifest.model} was not measured on masks ({why})")
    assert first.calibration is not None and second.calibration is not None
    other = {c["name"]: c for c in second.calibration["classes"]}
    found = [
        ComparedClass(c["name"], c["share"], c["average_precision"], other[c["name"]]["average_precision"])
        for c in first.calibration["classes"]
        if c["name"] in other and 0 < c["share"] < 1
    ]
    return sorted(found, key=lambda c: -c.difference)
