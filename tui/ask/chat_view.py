"""A chat: its turns or what stands in their place, the pictures beside them, and the field for questions."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from bddseg_tui.tui.ask.candidate_panel import CandidatePanel, panel_width
from bddseg_tui.tui.ask.conversation import Conversation
from bddseg_tui.tui.ask.introduction import Introduction
from bddseg_tui.tui.ask.question_box import QuestionBox
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.thumbnails import Thumbnails


class ChatView(Horizontal):
    """Letters are keys until the field takes the focus, and again once its question is sent or left.

    Attributes:
        calibrated: whether a candidate's confidence is a probability.
    """

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.calibrated = True

    def compose(self) -> ComposeResult:
        """Words on the left, pictures on the right."""
        with Vertical(id="ask-words"):
            yield Introduction(id="introduction")
            yield Conversation(id="turns")
            yield QuestionBox(id="question")
        yield Divider("ask")
        yield CandidatePanel(id="ask-pictures")

    def on_mount(self) -> None:
        """Shows the introduction."""
        self.show_turns(False)

    def on_resize(self, event: events.Resize) -> None:
        """Gives the pictures as many columns as they can use, or what a person has left them."""
        moved = self.query_one(Divider).is_moved
        width = "1fr" if moved else panel_width(event.size.width, event.size.height)
        self.query_one(CandidatePanel).styles.width = width

    @property
    def conversation(self) -> Conversation:
        """The turns."""
        return self.query_one(Conversation)

    @property
    def is_typing(self) -> bool:
        """Whether letters are letters."""
        return isinstance(self.screen.focused, QuestionBox)

    def show_turns(self, there: bool) -> None:
        """Shows the turns with their pictures, or the introduction in their place before the first question."""
        self.conversation.display = self.query_one(CandidatePanel).display = there
        self.query_one(Divider).part(there)
        self.query_one(Introduction).display = not there

    def focus_keys(self) -> None:
        """Gives the focus to what takes letters as keys: the turns, or what stands in their place."""
        conversation = self.conversation
        self.screen.set_focus(conversation if conversation.display else self.query_one(Introduction).keys)

    @on(QuestionBox.Left)
    def _left(self) -> None:
        self.focus_keys()

    @on(Conversation.Looked)
    async def look(self) -> None:
        """Shows the pictures of the chosen turn."""
        chosen = self.conversation.chosen
        await self.query_one(CandidatePanel).show(chosen.look(self.calibrated) if chosen is not None else None)

    @on(Thumbnails.Clicked)
    def _candidate_clicked(self, event: Thumbnails.Clicked) -> None:
        self.conversation.mark(event.number)
