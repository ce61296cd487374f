"""How much of a class makes it present in an image."""

import re
from dataclasses import dataclass

from bddseg_tui.core.errors import UsageError


@dataclass(frozen=True)
class Threshold:
    """How much of a class makes it present: at least so many pixels, and at least such a share (percent).

    Shares are told apart to a millionth of a percent, exactly: see `millionths`.
    """

    pixels: int = 1
    percent: float = 0.0

    @property
    def millionths(self) -> int:
        """The share in millionths of a percent: whole numbers compare as people reckon, and 7 % of 100 is 7."""
        return round(self.percent * 1_000_000)

    def __str__(self) -> str:
        parts = [f"{self.pixels} px"] if self.pixels > 1 or not self.percent else []
        parts += [f"{self.percent:g} %"] if self.percent else []
        return "at least " + " and ".join(parts)


def parse_threshold(text: str) -> Threshold:
    """`50` is pixels, `0.1%` a share.

    Raises:
        UsageError: it is neither.
    """
    match = re.fullmatch(r"([0-9]{1,9})(\.[0-9]{1,6})?\s*(%?)", text.strip())
    if match and match[3]:
        percent = float(match[1] + (match[2] or ""))
        if 0 < percent <= 100:
            return Threshold(1, percent)
    elif match and not match[2] and (pixels := int(match[1])) >= 1:
        return Threshold(pixels)
    raise UsageError(f"a threshold is a number of pixels such as 50, or a share such as 0.1%, not {text[:80]!r}")
