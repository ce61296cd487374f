"""What the three panes share: their command table, and being told when they are shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Container
from textual.worker import Worker

from bddseg_tui.tui.shared.commands import Command
from bddseg_tui.tui.shared.worker_errors import tell_failure

if TYPE_CHECKING:
    from bddseg_tui.tui.app import BddsegApp


class Pane(Container):
    """A pane of the main screen."""

    COMMANDS: ClassVar[Sequence[Command]] = ()

    @property
    def is_shown(self) -> bool:
        """Whether this is the pane that the main screen shows now."""
        return self.parent is not None and getattr(self.parent, "current", None) == self.id

    @property
    def bddseg(self) -> "BddsegApp":
        """The app, by its own type."""
        return cast("BddsegApp", self.app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        tell_failure(self.app, event)

    def before_command(self) -> None:
        """Called before the palette runs one of its commands: where a field holds the focus, keys would go there."""

    def on_dataset(self) -> None:
        """Called when another dataset was opened."""

    def on_shown(self) -> None:
        """Called each time the pane comes to the front."""
