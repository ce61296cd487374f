"""What of a turn is looked at: a picture, where it stands among the candidates, and how well it fits in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.shared.thumbnails import Shown


@dataclass(frozen=True)
class ShownTurn:
    """A turn as the pictures beside the conversation show it.

    Attributes:
        turn: the question and what came of it by now.
        root: of the dataset.
        marked: number of the candidate that is looked at, from 0.
        duplicates: by candidate, how many images are nearly the same.
        live: whether the answer is under way.
        calibrated: whether a candidate's confidence is a probability.
    """

    turn: Turn
    root: Path
    marked: int = 0
    duplicates: Mapping[str, int] = field(default_factory=dict)
    live: bool = False
    calibrated: bool = True

    @property
    def candidate(self) -> Candidate | None:
        """The one that is marked."""
        found = self.turn.candidates
        return found[min(self.marked, len(found) - 1)] if found else None

    @property
    def path(self) -> Path | None:
        """The picture: the candidate that is marked, or the one that the answer is about."""
        image = self.candidate.image if self.candidate else self.turn.image
        return None if image is None else self.root / image

    @property
    def neighbours(self) -> list[Path]:
        """The candidates that one key leads to."""
        found = self.turn.candidates
        return [self.root / found[n].image for n in (self.marked + 1, self.marked - 1) if 0 <= n < len(found)]

    @property
    def strip(self) -> list[Shown]:
        """Every candidate, with how well it fits."""
        return [
            Shown(self.root / c.image, short_score(c, self.calibrated) + self._more(c)) for c in self.turn.candidates
        ]

    def _more(self, candidate: Candidate) -> str:
        more = self.duplicates.get(candidate.image, 0)
        return f" +{more}" if more else ""

    @property
    def message(self) -> str:
        """What stands where the picture would be, if there is none."""
        if self.live:
            return "looking for a picture …"
        if self.turn.state == "failed":
            return "the question failed before a picture was found"
        return "stopped before a picture was found" if self.turn.state == "cancelled" else "no picture was found"

    @property
    def lines(self) -> tuple[str, str]:
        """How well the picture fits; then its place and name, and what the answer has to do with it."""
        if self.path is None:
            return "", ""
        name, candidate = sanitize_path(self.path.stem), self.candidate
        if candidate is None:
            return "", f"{name}  answered about this"
        more = self.duplicates.get(candidate.image, 0)
        alike = f" +{more} alike" if more else ""
        place = f"{self.marked + 1} of {len(self.turn.candidates)}{alike}"
        return score_words(candidate, self.calibrated), f"{place}  {name}  {self._about(candidate)}"

    def _about(self, candidate: Candidate) -> str:
        if candidate.image == self.turn.image:
            return "the nearest: it may not fit" if self.turn.doubt else "answered about this"
        return "" if self.live and self.turn.image is None else "Enter asks about it"


def short_score(candidate: Candidate, calibrated: bool) -> str:
    """A score in the words of a thumbnail."""
    return f"{candidate.confidence:.0%} prob." if calibrated else f"sim. {candidate.score:+.2f}"


def score_words(candidate: Candidate, calibrated: bool) -> str:
    """A score in words: a probability, or a similarity where no probability can be told."""
    similarity = f"similarity {candidate.score:+.2f}"
    if calibrated:
        return f"fits with probability {candidate.confidence:.0%} ({similarity})"
    return f"{similarity} (uncalibrated confidence {candidate.confidence:.0%})"
