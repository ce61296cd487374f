"""Characters that divide a cell into 1x2, 2x2, 2x3 or 2x4 pixels of two colours."""

from functools import lru_cache
from typing import Literal

CellKind = Literal["halfblock", "quadrant", "sextant", "octant"]
CELL_KINDS: dict[CellKind, tuple[int, int]] = {
    "halfblock": (1, 2),
    "quadrant": (2, 2),
    "sextant": (2, 3),
    "octant": (2, 4),
}
"""Pixels of a cell: (columns, rows)."""
_FULL = "█"


def pixels_of(char: str, kind: CellKind) -> list[bool]:
    """Which of a cell's pixels a character draws in its ink, row by row from the upper left."""
    across, down = CELL_KINDS[kind]
    mask = glyphs(kind).index(char)
    return [bool(mask >> bit & 1) for bit in range(across * down)]


@lru_cache(maxsize=4)
def glyphs(kind: CellKind) -> str:
    """The character for each mask; the bit of a pixel is its place, row by row from the upper left."""
    if kind == "halfblock":
        return " ▀▄█"
    if kind == "quadrant":
        return " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
    if kind == "sextant":
        known = {0: " ", 0b010101: "▌", 0b101010: "▐", 63: _FULL}
        new = iter(range(0x1FB00, 0x1FB3C))
        return "".join(known.get(mask) or chr(next(new)) for mask in range(64))
    # Unicode 16, "Symbols for Legacy Computing Supplement": those that no older character draws, in the masks' order.
    known = {_octants(places): char for places, char in _OLDER.items()}
    new = iter(range(0x1CD00, 0x1CDE6))
    return "".join(known.get(mask) or chr(next(new)) for mask in range(256))


def _octants(places: str) -> int:
    return sum(1 << int(place) - 1 for place in places.strip())


_OLDER = {
    " ": " ",
    "1": "\U0001cea8",
    "2": "\U0001ceab",
    "7": "\U0001cea3",
    "8": "\U0001cea0",
    "12": "\U0001fb82",
    "78": "▂",
    "35": "\U0001fbe6",
    "46": "\U0001fbe7",
    "13": "▘",
    "24": "▝",
    "57": "▖",
    "68": "▗",
    "1234": "▀",
    "5678": "▄",
    "1357": "▌",
    "2468": "▐",
    "1368": "▚",
    "2457": "▞",
    "123457": "▛",
    "123468": "▜",
    "135678": "▙",
    "245678": "▟",
    "123456": "\U0001fb85",
    "345678": "▆",
    "12345678": "█",
}
"""Octants (numbered row by row from 1) that older characters draw."""
