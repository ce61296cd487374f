"""The pictures beside the conversation: the one that is looked at, as large as it can be, and all candidates below."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.ask.shown_turn import ShownTurn
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.thumbnails import Thumbnails

STRIP, LINES = 5, 2
"""Lines of the strip of candidates, and of the text above it."""
LEAST_WORDS = 34
"""Columns of the conversation."""


class CandidatePanel(Vertical):
    """Shows one `ShownTurn`. A click on a candidate comes as `Thumbnails.Clicked`."""

    def compose(self) -> ComposeResult:
        """The picture, what is known of it, and the candidates."""
        yield PictureView(id="look--picture")
        yield OneLine(id="look--score")
        yield OneLine(id="look--place")
        yield Thumbnails(id="look--candidates")

    async def show(self, look: ShownTurn | None) -> None:
        """Shows what is looked at now, or nothing."""
        picture, strip = self.query_one(PictureView), self.query_one(Thumbnails)
        if look is None:
            picture.show(None, about=("", ""))
            return
        request = None if look.path is None else PictureRequest(look.path, None)
        picture.show(request, [PictureRequest(path, None) for path in look.neighbours], look.message, look.lines)
        strip.display = bool(look.turn.candidates)
        await strip.show(look.strip, look.marked)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        """Says how well the picture fits that is shown by now, not the one before."""
        if isinstance(event.about, tuple):
            for name, line in zip(("score", "place"), event.about, strict=True):
                self.query_one(f"#look--{name}", OneLine).update(line)


def panel_width(width: int, height: int) -> int:
    """How many of a pane's columns its pictures take: a 16:9 picture's, but the words need some too."""
    picture = round((height - STRIP - LINES) * 2 * 16 / 9)
    return max(20, min(picture, width - max(LEAST_WORDS, 3 * width // 10)))
