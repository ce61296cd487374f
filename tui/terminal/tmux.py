"""What tmux says of itself and of the terminal around it, and how a picture gets through it."""

import os
import subprocess
from collections.abc import Mapping

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.terminal.capabilities import TmuxAnswers

_FIELDS = (
    *("version", "client_termname", "client_termtype", "client_termfeatures"),
    *("sixel_support", "image_support", "allow-passthrough"),
)
"""`client_termtype` is what the terminal around it answered to XTVERSION; unknown fields are empty."""
_PATIENCE_S = 3.0


def ask_tmux(environ: Mapping[str, str] = os.environ) -> TmuxAnswers | None:
    """What the tmux that this process runs in says; None where it runs in none, or it says nothing. Blocks."""
    if not environ.get("TMUX"):
        return None
    target = ["-t", environ["TMUX_PANE"]] if environ.get("TMUX_PANE") else []
    form = "\n".join(f"#{{{field}}}" for field in _FIELDS)
    try:
        said = subprocess.run(
            ["tmux", "display-message", "-p", *target, form],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = said.stdout.decode("utf-8", "replace").split("\n")
    if len(lines) < len(_FIELDS):
        return None
    version, term, program, features, sixel, images, passthrough = map(sanitize, lines[: len(_FIELDS)])
    known = frozenset(features.split(","))
    return TmuxAnswers(
        version,
        term,
        program,
        known,
        # tmux may be built with Sixel, and the terminal around it may have none.
        sixel="sixel" in known and (sixel == "1" or "sixel" in images or images == "1"),
        passthrough=passthrough in ("on", "all"),
    )


def through_tmux(data: str) -> str:
    """Control strings as tmux passes them on, each alone: what is longer than tmux takes would be lost whole."""
    parts = [part + "\x1b\\" for part in data.split("\x1b\\") if part]
    return "".join("\x1bPtmux;" + part.replace("\x1b", "\x1b\x1b") + "\x1b\\" for part in parts)
