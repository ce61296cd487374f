"""Figures as words: durations, counts and states, the same in the app and on the command line."""

import math

MARKS = {
    "queued": "≡ queued",
    "starting": "◌ starting",
    "running": "▶ running",
    "finished": "✓ finished",
    "stopped": "■ stopped",
    "failed": "✗ failed",
    "lost": "? lost",
}


def state_mark(state: str) -> str:
    """A state with its sign, so that it is not told by colour alone."""
    return MARKS.get(state, state)


def format_duration(seconds: float) -> str:
    """`45 s`, `3 min 20 s`, `2 h 05 min` or `3 d 4 h`."""
    s = max(0, round(seconds))
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60} min {s % 60:02d} s"
    if s < 86400:
        return f"{s // 3600} h {s % 3600 // 60:02d} min"
    return f"{s // 86400} d {s % 86400 // 3600} h"


def format_bytes(count: float) -> str:
    """`512 B`, `3.4 KiB`, `12 MiB`, `1.3 GiB`."""
    if count < 1024:
        return f"{count:.0f} B"
    power = min(4, (int(count).bit_length() - 1) // 10)
    size, unit = count / 1024**power, ("KiB", "MiB", "GiB", "TiB")[power - 1]
    return f"{size:.1f} {unit}" if size < 10 else f"{size:,.0f} {unit}"


def share(value: float | None) -> str:
    """A percentage (0..100) in at most five characters: `22.3`, `0.12`, `<.01`; blank for none."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    if value < 0.01:
        return "<.01"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction (0..1) as percent, without the sign; a dash where it is undefined."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.{digits}f}"


def percentage_points(value: float | None) -> str:
    """A difference of two fractions in percentage points, with its sign; a dash where it is undefined."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:+.1f}"


def progress(done: float, total: float) -> str:
    """How much is done: `42 %`; blank where the whole is not known."""
    return f"{100 * done / total:.0f} %" if total else ""
