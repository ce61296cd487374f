"""The app under test: a fixed size, theme and picture protocol, and waiting for what it says, never for time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp

AppPilot = Pilot[int]
WAIT_ROUNDS = 600


async def until(pilot: AppPilot, happened: Callable[[], object]) -> None:
    """Lets the app go on until something happened.

    Raises:
        AssertionError: it did not within 30 seconds.
    """
    for _ in range(WAIT_ROUNDS):
        if happened():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not happen")


@pytest.fixture
def app(workspace: Workspace, drawn: Path) -> BddsegApp:
    return BddsegApp(workspace, drawn, "halfblock")
