"""The two themes."""

from textual.theme import Theme

DARK = Theme(
    "bddseg-dark",
    primary="#5aa9e6",
    secondary="#7f8fa6",
    accent="#f2b84b",
    warning="#f2b84b",
    error="#ef6461",
    success="#67c587",
    foreground="#d8dee6",
    background="#11151a",
    surface="#171c23",
    panel="#1f2630",
    dark=True,
)
LIGHT = Theme(
    "bddseg-light",
    primary="#1c6ea4",
    secondary="#5b6b7f",
    accent="#a8620a",
    warning="#a8620a",
    error="#b3261e",
    success="#1e7d45",
    foreground="#1b2128",
    background="#f6f7f9",
    surface="#eceff3",
    panel="#dfe4ea",
    dark=False,
)
