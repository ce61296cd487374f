"""Opening a file that was written: in a browser where there is a screen for one, else its path goes to the clipboard.

Over SSH a browser would open on the other machine, and without a graphical screen `webbrowser` may start one that
draws in this very terminal. The terminal takes the path as OSC 52, which SSH and most terminals let through.
"""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from bddseg_tui.core.sanitize import sanitize_path


def has_browser(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser would open on the screen that the person sits at."""
    if "SSH_CONNECTION" in environ or "SSH_TTY" in environ:
        return False
    return sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


async def show_file(app: App[Any], path: Path) -> None:
    """Opens a file in a browser, or copies its path and says so."""
    shown = sanitize_path(path)
    if has_browser() and await asyncio.to_thread(webbrowser.open, path.as_uri()):
        app.notify(f"opened in the browser: {shown}", markup=False, timeout=6)
        return
    app.copy_to_clipboard(os.fspath(path) if shown == os.fspath(path) else shown)
    app.notify(f"no browser on this side; the path is in the clipboard: {shown}", markup=False, timeout=12)
