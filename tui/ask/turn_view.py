"""One question of a chat in words: its anchors, what is being done, and the answer as it comes."""

from dataclasses import replace
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Markdown, Static

from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CancelledEvent,
    CandidatesEvent,
    FailedEvent,
    ImageEvent,
    LoadingEvent,
    LookingEvent,
    RequestEvent,
    ThinkingEvent,
    TokenEvent,
    TopicEvent,
    UnsaidEvent,
    WaitingEvent,
)
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.ask.shown_turn import ShownTurn


class TurnView(Vertical):
    """Shows a turn that is finished, or one that events are still coming for.

    Attributes:
        turn: what is known of it by now.
        live: whether its answer is under way.
        marked: number of the candidate that is looked at.
    """

    def __init__(self, turn: Turn, root: Path, live: bool = False, kept: tuple[Candidate, ...] = ()) -> None:
        """`kept` are the candidates of the turn before, which stay where this one is about the same picture."""
        super().__init__(classes="turn")
        self.turn, self.live = turn, live
        self._root, self._kept = root, kept
        self._doing = "thinking of what to look for" if live else ""
        self._duplicates: dict[str, int] = {}
        self.marked = self._place_of_image()

    def compose(self) -> ComposeResult:
        """Question, steps and answer."""
        yield Static(Text(f"› {self.turn.question}"), classes="turn--question")
        yield Static("", classes="turn--steps")
        yield Markdown("", classes="turn--answer", open_links=False)

    async def on_mount(self) -> None:
        """Shows what is known of the turn, in the theme's colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show_steps())
        self._show_steps()
        if self.turn.answer:
            await self.query_one(Markdown).update(self.turn.answer)

    def look(self, calibrated: bool) -> ShownTurn:
        """What of it is looked at now."""
        return ShownTurn(self.turn, self._root, self.marked, self._duplicates, self.live, calibrated)

    def mark(self, number: int) -> None:
        """Looks at another candidate."""
        self.marked = max(0, min(number, len(self.turn.candidates) - 1))

    def _place_of_image(self) -> int:
        images = [c.image for c in self.turn.candidates]
        return images.index(self.turn.image) if self.turn.image in images else 0

    # -- events ----------------------------------------------------------------------------------------------

    async def apply(self, event: RequestEvent) -> None:
        """Takes in one event of the retriever."""
        match event:
            case LoadingEvent():
                self._doing = f"loading {event.what}"
            case WaitingEvent():
                self._doing = f"waiting for {event.what}, {event.seconds:.0f} s"
            case ThinkingEvent():
                self._doing = f"the model is thinking, {event.seconds:.0f} s"
            case UnsaidEvent():
                self.turn = replace(self.turn, answer="")
                await self.query_one(Markdown).update("")
            case LookingEvent():
                self._doing = f"looking at candidate {event.done + 1} of {event.total}"
            case TopicEvent():
                self.turn = replace(self.turn, stayed=event.same, candidates=self._kept if event.same else ())
                self._doing = "looking" if event.same else "thinking of what to look for"
            case AnchorsEvent():
                self.turn = replace(self.turn, anchors=event.anchors, fallback=event.fallback)
                self._doing = "searching"
            case CandidatesEvent():
                found = tuple(Candidate(i.image, i.score, i.confidence) for i in event.items)
                self._duplicates = {i.image: len(i.duplicates) for i in event.items}
                self.turn = replace(self.turn, candidates=found)
                self.marked = 0
            case ImageEvent():
                self.turn = replace(self.turn, image=event.image)
                self.marked = self._place_of_image()
                self._doing = "looking at it"
            case TokenEvent():
                self.turn = replace(self.turn, answer=self.turn.answer + event.text)
                await self.query_one(Markdown).append(event.text)
                if self._doing == "answering":
                    return
                self._doing = "answering"
            case AnsweredEvent():
                self._finish(event)
                await self.query_one(Markdown).update(self.turn.answer)
            case FailedEvent():
                self.turn = replace(self.turn, state="failed", problem=sanitize(event.message))
                self.live = False
            case CancelledEvent():
                self.turn = replace(self.turn, state="cancelled", problem="stopped")
                self.live = False
        self._show_steps()

    def _finish(self, event: AnsweredEvent) -> None:
        # A picture that was not searched for anew fits as well as it did when it was found.
        known = next((c for c in self.turn.candidates if c.image == event.image), None)
        self.turn = replace(
            self.turn,
            answer=event.answer,
            image=event.image,
            score=known.score if event.score is None and known else event.score,
            confidence=known.confidence if event.confidence is None and known else event.confidence,
            fits=event.fits,
            doubt=event.doubt,
            timings=event.timings,
            state="done",
            problem=sanitize(event.problem),
        )
        self.live = False

    # -- what is shown ---------------------------------------------------------------------------------------

    def set_chosen(self, chosen: bool) -> None:
        """Whether this is the turn that keys go to, and whose pictures are shown."""
        self.set_class(chosen, "-chosen")

    def _show_steps(self) -> None:
        turn, text, theme = self.turn, Text(), self.app.current_theme
        if turn.stayed:
            text.append("same picture  ", "dim")
        for anchor in turn.anchors if not turn.stayed else ():
            text.append(f" {anchor} ", "reverse")
            text.append(" ")
        if turn.fallback:
            text.append(f"\n! {turn.fallback}: searching with the question itself", theme.warning or "")
        if self.live:
            text.append(f"{self._doing} …  Esc stops", "italic")
        elif turn.problem:
            advice = "" if turn.state == "cancelled" else "   r tries again   S settings"
            text.append(("\n" if text.plain else "") + f"! {turn.problem}{advice}", f"bold {theme.error}")
        elif turn.timings:
            text.append(("\n" if text.plain else "") + f"? {turn.doubt}" if turn.doubt else "", "italic")
            text.append(("\n" if text.plain else "") + self._times(), "dim")
        steps = self.query_one(".turn--steps", Static)
        steps.update(text)
        steps.display = bool(text.plain)

    def _times(self) -> str:
        total, first = self.turn.timings.get("total"), self.turn.timings.get("first_token")
        words = [] if total is None else [f"{total:.1f} s"]
        words += [] if first is None else [f"first word {first:.2f} s"]
        return ", ".join(words)
