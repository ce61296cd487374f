"""How much of a class makes it present in an image."""

from dataclasses import dataclass

from core.errors import UsageError
from core.sanitize import sanitize


@dataclass(frozen=True)
class Threshold:
    """How much of a class makes it present: at least so many pixels, and at least such a share (percent)."""

    pixels: int = 1
    percent: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.pixels} px"] if self.pixels > 1 or not self.percent else []
        parts += [f"{self.percent:g} %"] if self.percent else []
        return "at least " + " and ".join(parts)


def parse_threshold(text: str) -> Threshold:
    """`50` is pixels, `0.1%` a share.

    Raises:
        UsageError: it is neither.
    """
    words = text.strip()
    try:
        if words.endswith("%"):
            percent = float(words.removesuffix("%"))
            if 0 < percent <= 100:
                return Threshold(1, percent)
        elif (pixels := int(words)) >= 1:
            return Threshold(pixels)
    except ValueError:
        pass
    raise UsageError(f"a threshold is a number of pixels such as 50, or a share such as 0.1%, not {sanitize(text)!r}")
