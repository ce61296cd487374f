"""A turn of a chat, as tests keep it."""

from bddseg_tui.core.retrieval.chats import (
    Candidate,
    Turn,
)

TURN = Turn(
    1,
    "is there a bus?",
    ("bus", "night"),
    candidates=(Candidate("a/b.jpg", 0.31, 0.9),),
    image="a/b.jpg",
    answer="Yes.",
    score=0.31,
    confidence=0.9,
    time=5.0,
    timings={"total": 1.5},
)
