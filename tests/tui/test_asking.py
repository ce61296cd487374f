"""What goes with a question: the turns before it, the image that they were about, and what they said."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.tui.ask.asking import HISTORY, LiveAnswer, question_after
from bddseg_tui.tui.ask.shown_turn import ShownTurn


def turn(
    number: int, image: str | None = "a.jpg", state: Literal["done", "failed"] = "done", fits: bool = True
) -> Turn:
    return Turn(number, f"question {number}", ("rain",), image=image, answer=f"answer {number}", state=state, fits=fits)


def test_a_first_question_brings_nothing_along() -> None:
    asked = question_after([], "is there a bus?")
    assert (asked.number, asked.image, asked.anchors, asked.history) == (1, None, (), ())


def test_a_follow_up_stays_on_the_last_image_with_what_was_said_of_it() -> None:
    asked = question_after([turn(1, "b.jpg"), turn(2), turn(3)], "and now?")
    assert (asked.number, asked.image, asked.anchors) == (4, "a.jpg", ("rain",))
    assert asked.history == (("question 2", "answer 2"), ("question 3", "answer 3"))


def test_turns_that_failed_or_did_not_fit_are_not_brought_along() -> None:
    asked = question_after([turn(1), turn(2, state="failed"), turn(3, fits=False)], "and now?")
    assert asked.image == "a.jpg" and asked.history == (("question 1", "answer 1"),)


def test_only_the_last_turns_are_brought_along() -> None:
    asked = question_after([turn(n) for n in range(1, HISTORY + 3)], "and now?")
    assert [question for question, _ in asked.history] == [f"question {n}" for n in range(3, HISTORY + 3)]


def test_a_question_in_the_place_of_another_knows_only_what_came_before_that() -> None:
    turns = [turn(1, "b.jpg"), turn(2), turn(3)]
    asked = question_after(turns, "again", replaces=turns[1])
    assert (asked.number, asked.image, asked.history) == (2, "b.jpg", (("question 1", "answer 1"),))


class Answering:
    """An answer that is never heard of."""

    def __init__(self) -> None:
        self.cancelled = False

    def __iter__(self) -> "Answering":
        return self

    def __next__(self) -> dict[str, str]:
        raise StopIteration

    def cancel(self) -> None:
        self.cancelled = True


def test_an_answer_that_is_stopped_before_it_is_asked_for_is_cancelled_as_soon_as_it_is() -> None:
    live, answering = LiveAnswer(), Answering()
    live.cancel()
    list(live.events(answering))  # type: ignore[arg-type]  # the one method that it calls
    assert answering.cancelled


FOUND = (Candidate("val/a.jpg", 0.31, 0.97), Candidate("val/b.jpg", 0.28, 0.4))


def test_a_score_says_what_it_is_and_that_nobody_can_tell_whether_a_picture_fits() -> None:
    look = ShownTurn(Turn(1, "a bus?", candidates=FOUND, image="val/a.jpg"), Path("/data"), duplicates={"val/a.jpg": 2})
    assert look.lines == ("fits with probability 97% (similarity +0.31)", "1 of 2 +2 alike  a  answered about this")
    assert replace(look, marked=1).lines[1] == "2 of 2  b  Enter asks about it"
    assert replace(look, calibrated=False).lines[0] == "similarity +0.31 (uncalibrated confidence 97%)"
    assert [shown.line for shown in replace(look, calibrated=False).strip] == ["sim. +0.31 +2", "sim. +0.28"]
    doubtful = replace(look, turn=replace(look.turn, doubt="I can't tell"))
    assert doubtful.lines[1].endswith("it may not fit")


@pytest.mark.parametrize(
    ("turn", "live", "said"),
    [
        (Turn(1, "?"), True, "looking for a picture"),
        (Turn(1, "?", state="failed"), False, "failed before"),
        (Turn(1, "?", state="cancelled"), False, "stopped before"),
    ],
)
def test_where_there_is_no_picture_it_says_why(turn: Turn, live: bool, said: str) -> None:
    look = ShownTurn(turn, Path("/data"), live=live)
    assert look.path is None and said in look.message and look.lines == ("", "")
