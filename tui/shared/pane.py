"""What the four panes share: what they work on, their command table, and being told when they are shown."""

from collections.abc import Sequence
from typing import ClassVar

from textual.containers import Container
from textual.dom import DOMNode
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.shared.commands import Command
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.worker_errors import tell_failure


class Pane(Container):
    """A pane of the main screen.

    The app hands it the engine and the open dataset; what it wants of another pane it asks of the app, with one of
    `shared.messages`.

    Attributes:
        engine: what all its work goes through.
        collection: the dataset that is open; None until there is one.
        evaluation: whose predictions and scores the Dataset pane shows; the app tells the other panes.
    """

    ACTIONS: ClassVar[Sequence[Command]] = ()

    def __init__(
        self,
        engine: Engine,
        collection: Collection | None = None,
        evaluation: str | None = None,
        *,
        id: str,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.engine, self.collection, self.evaluation = engine, collection, evaluation

    @property
    def is_shown(self) -> bool:
        """Whether this is the pane that the main screen shows now."""
        return self.parent is not None and getattr(self.parent, "current", None) == self.id

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    def action_move_divider(self, by: int) -> None:
        """Gives the left side of the pane so many steps more room."""
        for divider in self.query(Divider):
            divider.move(by)

    def open(self, collection: Collection) -> None:
        """Goes over to another dataset."""
        self.collection, self.evaluation = collection, None

    def command_nodes(self) -> Sequence[DOMNode]:
        """The pane and those of its widgets whose `ACTIONS` the palette offers."""
        return [self]

    def before_command(self) -> None:
        """Called before the palette runs one of its commands: where a field holds the focus, keys would go there."""

    def on_shown(self) -> None:
        """Called each time the pane comes to the front."""
