"""A call of the engine whose failure is told, and no more."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual.notifications import SeverityLevel
from textual.widget import Widget

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

Value = TypeVar("Value")


async def attempt(
    widget: Widget, call: Callable[[], Value], severity: SeverityLevel = "error", timeout: float = 10
) -> Value | None:
    """What a call gives that is made in a thread; None where it fails, which is told for `timeout` seconds."""
    try:
        return await asyncio.to_thread(call)
    except (BddsegError, OSError) as error:
        widget.notify(sanitize(str(error)), severity=severity, markup=False, timeout=timeout)
        return None
