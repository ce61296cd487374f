"""Which terminals draw sextants and octants themselves, whatever their font has, and since when.

Sources, read on 2026-12-01: changelogs and histories of alacritty (sextants 0.13.2), Contour (0.2.1), Ghostty (octants
1.1.1), kitty (0.19 with mistakes that 0.19.3 mends; octants 0.40), Rio (both 0.2.13, mended in 0.2.21), VTE (0.60;
octants 0.78) and WezTerm (2021-08-14; octants behind its release of 2024). Of a version the first two numbers are
compared, so the next one counts where those would not tell. foot's could not be read beyond 1.13, which draws sextants.
Konsole takes both from a font.
"""

import re
from typing import Literal

Version = tuple[int, int]
_OCTANTS: dict[str, Version] = {
    "foot": (1, 20),
    "ghostty": (1, 2),
    "kitty": (0, 40),
    "rio": (0, 3),
    "vte": (0, 78),
    "wezterm": (20250209, 0),
}
_SEXTANTS: dict[str, Version] = {
    "alacritty": (0, 14),
    "contour": (0, 3),
    "foot": (1, 8),
    "ghostty": (1, 0),
    "kitty": (0, 20),
    "rio": (0, 3),
    "vte": (0, 60),
    "wezterm": (20210814, 0),
}
_VTE_VERSION = 10_000
"""VTE says 7800 for 0.78."""


def finest_cells(program: str) -> Literal["octant", "sextant", "quadrant"]:
    """What a terminal draws without gaps, by its name and version; quadrants, which fonts have, if it isn't known."""
    found = re.match(r"([A-Za-z]+)\D*(\d+)(?:\.(\d+))?", program)
    if found is None:
        return "quadrant"
    name, first, second = found[1].lower(), int(found[2]), int(found[3] or 0)
    if name == "vte" and not found[3]:
        first, second = first // _VTE_VERSION, first // 100 % 100
    if name in _OCTANTS and (first, second) >= _OCTANTS[name]:
        return "octant"
    return "sextant" if name in _SEXTANTS and (first, second) >= _SEXTANTS[name] else "quadrant"
