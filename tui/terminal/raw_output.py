"""Control sequences for the terminal, between what Textual writes.

Private in Textual (checked against 8.2.8): `App._driver`. There is no public way to a driver; to write to the terminal
itself would tear what Textual's writer thread is at.
"""

from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from bddseg_tui.tui.terminal.backlog import Backlog


def backlog_of(app: App[Any]) -> "Backlog | None":
    """What is under way to the app's terminal; None where it has none, or one that nobody asks."""
    return getattr(app._driver, "backlog", None)


def write_to_terminal(app: App[Any], data: str) -> None:
    """Writes a control sequence; nothing where the app has no terminal any more, or none yet."""
    if (driver := app._driver) is not None:
        driver.write(data)
