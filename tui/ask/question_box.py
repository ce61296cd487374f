"""The field for questions: Enter sends, ^j breaks the line, up and down bring back what was asked before."""

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from bddseg_tui.tui.ask.commands import QUESTION
from bddseg_tui.tui.shared.commands import bindings

RESTING, TYPING = "i asks about this dataset", "ask about this dataset"


class QuestionBox(TextArea):
    """Grows with its lines. Posts `Asked` with the text, `Left` on Escape."""

    ACTIONS = QUESTION
    BINDINGS = bindings(QUESTION)

    class Asked(Message):
        """A question was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The person wants the keys of the conversation, or to stop an answer."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True, tab_behavior="focus", placeholder=RESTING, show_line_numbers=False)
        self.cursor_blink = False
        self.asked: list[str] = []
        self._place = 0
        self._draft = ""

    def on_focus(self) -> None:
        """Says that letters are letters now."""
        self.placeholder = TYPING

    def on_blur(self) -> None:
        """Says how to come back."""
        self.placeholder = RESTING

    def enter(self) -> None:
        """Starts typing."""
        self.screen.set_focus(self)

    def action_send(self) -> None:
        """Posts the question."""
        text = self.text.strip()
        if text:
            self.asked = [*(a for a in self.asked if a != text), text]
            self._place = 0
            self.text = ""
            self.post_message(self.Asked(text))

    def action_newline(self) -> None:
        """Breaks the line."""
        self.insert("\n")

    def action_leave(self) -> None:
        """Posts that the person wants to leave."""
        self.post_message(self.Left())

    def action_older(self) -> None:
        """A line up, or the question before."""
        if self.cursor_location[0] > 0:
            self.action_cursor_up()
        elif self._place < len(self.asked):
            if self._place == 0:
                self._draft = self.text
            self._recall(self._place + 1)

    def action_newer(self) -> None:
        """A line down, or the question after."""
        if self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        elif self._place > 0:
            self._recall(self._place - 1)

    def _recall(self, place: int) -> None:
        self._place = place
        self.text = self.asked[-place] if place else self._draft
        self.move_cursor(self.document.end)

    def on_key(self, event: events.Key) -> None:
        """Takes its own keys before TextArea sees them.

        Here, in their turn among the letters: a priority binding would overtake what came with it in one packet, and
        any other would come after TextArea's own line break.
        """
        own = {"enter": self.action_send, "ctrl+j": self.action_newline, "escape": self.action_leave}
        if event.key in own:
            event.stop()
            event.prevent_default()
            own[event.key]()
