"""One question of a chat: its anchors, the candidates, the picture that is looked at, and the answer as it comes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Markdown, Static

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.thumbnails import Shown, Thumbnails


class TurnView(Vertical):
    """Shows a turn that is finished, or one that events are still coming for."""

    def __init__(self, turn: Turn, root: Path, live: bool = False) -> None:
        super().__init__(classes="turn")
        self.turn, self.live = turn, live
        self._root = root
        self._doing = "thinking of what to look for" if live else ""
        self._duplicates: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        """Question, steps, candidates, picture and answer."""
        yield Static(Text(f"› {self.turn.question}"), classes="turn--question")
        yield Static("", classes="turn--steps")
        yield Thumbnails(classes="turn--candidates")
        yield PictureView()
        yield Static("", classes="turn--image")
        yield Markdown("", classes="turn--answer", open_links=False)

    async def on_mount(self) -> None:
        """Shows what is known of the turn."""
        await self._refresh_all()

    @property
    def picture_path(self) -> Path | None:
        """The image that the answer is about."""
        return None if self.turn.image is None else self._root / self.turn.image

    # -- events ----------------------------------------------------------------------------------------------

    async def apply(self, event: dict[str, Any]) -> None:
        """Takes in one event of the retriever."""
        match event["event"]:
            case "loading":
                self._doing = f"loading {event['what']}"
            case "waiting":
                self._doing = f"waiting for {event['what']}, {event['seconds']:.0f} s"
            case "thinking":
                self._doing = f"the model is thinking, {event['seconds']:.0f} s"
            case "unsaid":
                self.turn = replace(self.turn, answer="")
                await self.query_one(Markdown).update("")
            case "topic":
                self.turn = replace(self.turn, stayed=bool(event["same"]))
                self._doing = "looking" if event["same"] else "thinking of what to look for"
            case "anchors":
                self.turn = replace(self.turn, anchors=tuple(event["anchors"]), fallback=str(event["fallback"]))
                self._doing = "searching"
            case "candidates":
                found = [Candidate(str(i["image"]), float(i["score"]), float(i["confidence"])) for i in event["items"]]
                self._duplicates = {str(i["image"]): len(i["duplicates"]) for i in event["items"]}
                self.turn = replace(self.turn, candidates=tuple(found))
                await self._show_candidates()
            case "image":
                self.turn = replace(self.turn, image=str(event["image"]))
                self._doing = "looking at it"
                self._show_picture()
            case "token":
                self.turn = replace(self.turn, answer=self.turn.answer + str(event["text"]))
                await self.query_one(Markdown).append(str(event["text"]))
                if self._doing == "answering":
                    return
                self._doing = "answering"
            case "done":
                self._finish(event)
                await self.query_one(Markdown).update(self.turn.answer)
            case "error":
                self.turn = replace(self.turn, state="failed", problem=sanitize(str(event["message"])))
                self.live = False
            case "cancelled":
                self.turn = replace(self.turn, state="cancelled", problem="stopped")
                self.live = False
        self._show_steps()

    def _finish(self, event: dict[str, Any]) -> None:
        self.turn = replace(
            self.turn,
            answer=str(event["answer"]),
            image=event["image"],
            score=event["score"],
            confidence=event["confidence"],
            fits=bool(event["fits"]),
            doubt=sanitize(str(event.get("doubt", ""))),
            timings=dict(event["timings"]),
            state="done",
            problem=sanitize(str(event.get("problem", ""))),
        )
        self.live = False
        self._show_picture()

    # -- what is shown ---------------------------------------------------------------------------------------

    async def _refresh_all(self) -> None:
        self._show_steps()
        self._show_picture()
        await self._show_candidates()
        if self.turn.answer:
            await self.query_one(Markdown).update(self.turn.answer)

    async def set_chosen(self, chosen: bool) -> None:
        """Whether this is the turn that keys go to: it alone shows its candidates."""
        self.set_class(chosen, "-chosen")
        await self._show_candidates()

    def _show_steps(self) -> None:
        turn, text = self.turn, Text()
        if turn.stayed:
            text.append("same picture  ", "dim")
        for anchor in turn.anchors if not turn.stayed else ():
            text.append(f" {anchor} ", "reverse")
            text.append(" ")
        if turn.fallback:
            text.append(f"\n! {turn.fallback}: searching with the question itself", "yellow")
        if self.live:
            text.append(f"{self._doing} …  Esc stops", "italic")
        elif turn.problem:
            advice = "" if turn.state == "cancelled" else "   r tries again   S settings"
            text.append(("\n" if text.plain else "") + f"! {turn.problem}{advice}", "bold red")
        elif turn.timings:
            text.append(self._times(), "dim")
        steps = self.query_one(".turn--steps", Static)
        steps.update(text)
        steps.display = bool(text.plain)

    def _times(self) -> str:
        total, first = self.turn.timings.get("total"), self.turn.timings.get("first_token")
        words = [] if total is None else [f"{total:.1f} s"]
        words += [] if first is None else [f"first word after {first:.2f} s"]
        return "  " + ", ".join(words)

    async def _show_candidates(self) -> None:
        strip = self.query_one(Thumbnails)
        strip.display = bool(self.turn.candidates) and self.has_class("-chosen")
        if not strip.display:
            return
        shown = []
        for candidate in self.turn.candidates:
            more = self._duplicates.get(candidate.image, 0)
            line = f"{candidate.confidence:.0%} {candidate.score:+.2f}" + (f" +{more}" if more else "")
            shown.append(Shown(self._root / candidate.image, line))
        images = [c.image for c in self.turn.candidates]
        at = images.index(self.turn.image) if self.turn.image in images else 0
        await strip.show(shown, at)

    def _show_picture(self) -> None:
        view, line = self.query_one(PictureView), self.query_one(".turn--image", Static)
        self.set_class(self.turn.image is None, "-imageless")
        if self.turn.image is None:
            return
        path = self._root / self.turn.image
        view.show(PictureRequest(path, None))
        sure = "" if self.turn.confidence is None else f"   fits at {self.turn.confidence:.0%}"
        if self.turn.doubt:
            sure = f"   the nearest, at {self.turn.confidence or 0:.0%}: it may not fit"
        line.update(Text(f"{sanitize_path(path.stem)}{sure}", style="dim"))
