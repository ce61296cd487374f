"""How well a model does on corrupted images, as a table with bars; for the terminal and for the app."""

from bddseg_tui.core.runs.robustness import Robustness

BAR = 20
"""Columns of a bar, which is as long as what is kept of the mIoU19 on images as they are."""


def robustness_lines(found: Robustness) -> list[str]:
    """A line a kind: mIoU19 at each severity, their mean, what is kept; then the class of each that loses most."""
    clean = found.clean["miou19"] if found.clean else None
    head = "".join(f"{severity:>6}" for severity in found.severities)
    lines = [
        f"{found.run}/{found.checkpoint}-{found.split}: {found.images:,} images, mIoU19 {_percent(clean)} as they are",
        f"{'mIoU19 at':<11}{head}{'mean':>7}{'kept':>6}",
    ]
    for kind in found.kinds:
        cells = [found.cell(kind, severity) for severity in found.severities]
        values = "".join(f"{_percent(c['miou19'] if c else None):>6}" for c in cells)
        mean = found.mean(kind)
        kept = mean / clean if mean is not None and clean else None
        bar = "" if kept is None else "█" * round(BAR * min(1.0, kept))
        share = "-" if kept is None else f"{100 * kept:.0f}%"
        lines.append(f"{kind:<11}{values}{_percent(mean):>7}{share:>6}  {bar:<{BAR}}".rstrip())
    if found.kinds:
        lines += ["", "the class that loses most, at the highest severity measured:"]
    for kind in found.kinds:
        if worst := found.worst_class(kind):
            lines.append(f"{kind:<11}{worst[0]:<14} {_percent(worst[1]):>5} → {_percent(worst[2]):>5}")
    return lines


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
