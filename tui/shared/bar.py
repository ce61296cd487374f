"""Bars of block characters: as long as what they stand for."""


def bar(part: float, width: int) -> str:
    """A bar of eighths of a column, in proportion; `part` is 0..1, and what is above 0 leaves a trace."""
    eighths = round(max(0.0, min(1.0, part)) * width * 8)
    full, rest = divmod(max(eighths, 1) if part > 0 else 0, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)
