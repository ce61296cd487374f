"""The five steps, with the real index and a LLaVA that says what the test wants it to say."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import pytest
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    ImageEvent,
    LookingEvent,
    RequestEvent,
    ThinkingEvent,
    TopicEvent,
    UnsaidEvent,
    WaitingEvent,
)
from bddseg_tui.index.llava import CutShort, OutOfServiceError, Piece, TakenBack, Thinking, Waiting
from bddseg_tui.index.pipeline import Ask, CancelledError, ask
from bddseg_tui.index.prompts import Message
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.second_look import second_look
from bddseg_tui.index.vocabulary import Vocabulary
from tests.index.conftest import Indexed

Reply = str | BddsegError | list[Piece]


class Scripted:
    """Replies in turn; remembers what it was asked and with which picture."""

    name = "scripted"
    thinking_tokens = 0
    vocabulary: Vocabulary | None = None

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.prompts: list[str] = []
        self.pictures: list[Image.Image | None] = []

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        self.prompts.append(messages[-1].text)
        self.pictures.append(picture)
        said = self.replies.pop(0)
        if isinstance(said, BddsegError):
            raise said
        if not isinstance(said, str):
            yield from said
            return
        yield from said.split(" ", 1) if " " in said else [said]

    def chance_of_yes(self, messages: Sequence[Message], picture: Image.Image, cancelled: Callable[[], bool]) -> float:
        """Replies with a number in words."""
        return float("".join(p for p in self.stream(messages, picture, 1, cancelled) if isinstance(p, str)))


E = TypeVar("E")


def run(
    indexed: Indexed,
    request: Ask,
    *replies: Reply,
    cancelled: Callable[[], bool] = lambda: False,
    vocabulary: Vocabulary | None = None,
) -> tuple[list[RequestEvent], Scripted]:
    events: list[RequestEvent] = []
    llava = Scripted(*replies)
    llava.vocabulary = vocabulary
    events.append(ask(request, lambda: indexed.searcher, lambda: llava, indexed.root, events.append, cancelled))
    return events, llava


def of(events: list[RequestEvent], kind: type[E]) -> E:
    return next(event for event in events if isinstance(event, kind))


def sure(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every image fit: what fits is the model's business, not the pipeline's."""
    monkeypatch.setattr("bddseg_tui.index.judgement.Judgement.verdict", lambda self, sure, best=False: "fits")


def test_a_question_goes_through_all_steps_in_order(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    sure(indexed, monkeypatch)
    events, llava = run(indexed, Ask("is there a bus at night?"), "night; bus", "Yes, a bus.")
    assert [e.event for e in events] == ["anchors", "candidates", "image", "token", "token", "answered"]
    done = of(events, AnsweredEvent)
    best = of(events, CandidatesEvent).items[0]
    assert of(events, AnchorsEvent) == AnchorsEvent(anchors=("night", "bus"), fallback="")
    assert done.image == best.image and done.answer == "Yes,a bus."
    assert done.score == best.score and set(done.timings) >= {"anchors", "search", "first_token", "total"}
    assert llava.pictures[0] is None and llava.pictures[1] is not None


@pytest.mark.parametrize("reply", ["none", "", "<bad>", BddsegError("the server is away")])
def test_without_anchors_the_question_itself_is_searched_with_and_that_is_told(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch, reply: str | BddsegError
) -> None:
    sure(indexed, monkeypatch)
    events, _ = run(indexed, Ask("heavy snow"), reply, "It is snowing.")
    assert of(events, AnchorsEvent).anchors == ("heavy snow",)
    assert of(events, AnchorsEvent).fallback


def test_a_follow_up_stays_on_the_picture_with_what_was_said(indexed: Indexed) -> None:
    image = indexed.searcher.images[3]
    request = Ask("and the bus?", image=image, anchors=("night",), history=(("is it dark?", "Yes."),))
    events, llava = run(indexed, request, "same", "It is red.")
    assert of(events, TopicEvent).same is True
    assert of(events, AnsweredEvent).image == os.fsdecode(image)
    assert not any(isinstance(e, CandidatesEvent) for e in events)
    assert llava.prompts[-1] == "and the bus?"


def test_a_new_topic_finds_a_new_picture_and_forgets_what_was_said(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    request = Ask("show me snow", image=indexed.searcher.images[3], history=(("is it dark?", "Yes."),))
    events, llava = run(indexed, request, "new", "snow", "It is snowing.")
    assert of(events, TopicEvent).same is False and of(events, CandidatesEvent).items
    assert llava.prompts[-1].endswith("show me snow")


def test_anchors_that_a_person_edited_are_taken_as_they_are(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    sure(indexed, monkeypatch)
    events, llava = run(indexed, Ask("what is there?", anchors=("fog",), mode="search"), "Fog.")
    assert of(events, AnchorsEvent) == AnchorsEvent(anchors=("fog",), fallback="") and len(llava.prompts) == 1


def test_asking_about_a_candidate_searches_for_nothing(indexed: Indexed) -> None:
    image = indexed.searcher.images[5]
    events, _ = run(indexed, Ask("what is there?", image=image, mode="stay"), "A road.")
    assert [e.event for e in events] == ["image", "token", "token", "answered"]


def test_when_nothing_fits_that_is_said_with_the_nearest(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bddseg_tui.index.judgement.Judgement.verdict", lambda self, sure, best=False: "nothing")
    events, llava = run(indexed, Ask("show me a unicorn"), "unicorn")
    done = of(events, AnsweredEvent)
    assert done.fits is False and done.image is None
    assert "None of the 21 images" in done.answer and "unicorn" in done.answer and len(llava.prompts) == 1


def test_where_nobody_can_tell_the_nearest_is_looked_at_and_that_is_said(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.index.judgement.Judgement.verdict", lambda self, sure, best=False: "unsure")
    events, _ = run(indexed, Ask("show me a unicorn"), "unicorn", "Cars.")
    done = of(events, AnsweredEvent)
    assert done.fits and done.answer == "Cars." and "can't tell whether it shows “unicorn”" in done.doubt


def test_a_filter_that_leaves_nothing_is_said(indexed: Indexed) -> None:
    with pytest.raises(BddsegError, match="filter leaves no image"):
        run(indexed, Ask("night", allowed=[]), "night")


def test_a_server_that_fails_at_the_answer_leaves_the_candidates(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    events: list[RequestEvent] = []
    llava = Scripted("night", BddsegError("gone"))
    with pytest.raises(BddsegError, match="gone"):
        ask(
            Ask("is it dark?"),
            lambda: indexed.searcher,
            lambda: llava,
            indexed.root,
            events.append,
            lambda: False,
        )
    assert of(events, CandidatesEvent).items


def test_facts_are_offered_where_they_are_asked_for(indexed: Indexed) -> None:
    request = Ask("what?", image=indexed.searcher.images[0], mode="stay", facts=lambda image: [("bus", 12.34)])
    _, llava = run(indexed, request, "A bus.")
    assert "bus 12.3%" in llava.prompts[0]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_it_can_be_cancelled_between_any_two_steps(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    sure(indexed, monkeypatch)
    asked = iter(range(100))
    with pytest.raises(CancelledError):
        run(indexed, Ask("night?"), "night", "Yes, dark.", cancelled=lambda: next(asked) >= after)


def test_a_question_of_nothing_is_refused(indexed: Indexed) -> None:
    with pytest.raises(BddsegError, match="no question"):
        run(indexed, Ask("  <image> "), "x")


def test_a_picture_that_is_gone_is_one_line(indexed: Indexed) -> None:
    with pytest.raises(BddsegError, match=r"gone\.jpg"):
        run(indexed, Ask("what?", image=b"gone.jpg", mode="stay"), "x")


def test_a_llava_that_is_not_there_is_not_asked_twice_and_leaves_the_candidates(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    events: list[RequestEvent] = []
    llava = Scripted(OutOfServiceError("it hangs"), "never asked")
    with pytest.raises(OutOfServiceError, match="it hangs"):
        ask(
            Ask("heavy snow"),
            lambda: indexed.searcher,
            lambda: llava,
            indexed.root,
            events.append,
            lambda: False,
        )
    assert len(llava.prompts) == 1 and of(events, CandidatesEvent).items
    assert of(events, AnchorsEvent) == AnchorsEvent(anchors=("heavy snow",), fallback="it hangs")


def test_a_llava_that_cannot_be_loaded_is_loaded_once(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    sure(indexed, monkeypatch)
    tried: list[str] = []

    def load() -> Scripted:
        tried.append("once")
        raise BddsegError("no weights")

    with pytest.raises(BddsegError, match="no weights"):
        ask(Ask("snow"), lambda: indexed.searcher, load, indexed.root, lambda event: None, lambda: False)
    assert tried == ["once"]


def test_waiting_and_thinking_are_told_at_every_step_and_are_no_anchors(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    anchors: Reply = [Waiting(63), Thinking(2), "night; ", "bus"]
    events, _ = run(indexed, Ask("is there a bus?"), anchors, [Waiting(1), "Yes."])
    waiting = [(e.what, e.seconds) for e in events if isinstance(e, WaitingEvent)]
    assert waiting == [("the server", 63), ("the server", 1)] and of(events, ThinkingEvent).seconds == 2
    assert of(events, AnchorsEvent).anchors == ("night", "bus")


def test_anchors_that_broke_off_are_not_searched_with(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    sure(indexed, monkeypatch)
    events, _ = run(indexed, Ask("heavy snow"), ["red b", CutShort("broken", "it ended")], "Snow.")
    assert of(events, AnchorsEvent) == AnchorsEvent(anchors=("heavy snow",), fallback="it ended")


@pytest.mark.parametrize(("why", "complete"), [("limit", True), ("broken", False)])
def test_an_answer_that_is_not_whole_is_kept_with_the_reason(indexed: Indexed, why: Any, complete: bool) -> None:
    request = Ask("what?", image=indexed.searcher.images[0], mode="stay")
    events, _ = run(indexed, request, ["There ", CutShort(why, "it ended")])
    done = of(events, AnsweredEvent)
    assert (done.answer, done.problem, done.complete) == ("There", "it ended", complete)


def test_what_turned_out_to_be_reasoning_is_taken_back(indexed: Indexed) -> None:
    request = Ask("what?", image=indexed.searcher.images[0], mode="stay")
    events, _ = run(indexed, request, ["hm, a bus", TakenBack(), "A tram."])
    assert of(events, AnsweredEvent).answer == "A tram." and UnsaidEvent() in events


TAUGHT = Vocabulary(
    model="the tiny models",
    knows="buses and nights",
    phrases={"bus": ("bus", "coach"), "night": ("night", "dark")},
    ordinary=("show", "me"),
)


def test_a_word_that_a_model_was_never_taught_is_said_so_and_the_rest_is_shown(indexed: Indexed) -> None:
    events, llava = run(indexed, Ask("show me a zebra at night"), "bus; night", vocabulary=TAUGHT)
    assert of(events, AnchorsEvent).anchors == ("night",)
    assert of(events, CandidatesEvent).items
    done = of(events, AnsweredEvent)
    assert "zebra" in done.answer and "buses and nights" in done.answer
    assert done.image is None and not done.fits and len(llava.pictures) == 1


def test_what_is_to_be_left_out_is_searched_with_a_minus(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    sure(indexed, monkeypatch)
    events, llava = run(indexed, Ask("a coach but not at night"), "bus", "A bus.", vocabulary=TAUGHT)
    assert of(events, AnchorsEvent).anchors == ("bus", "-night")
    assert "night" not in llava.prompts[0].splitlines()[-2]


def test_the_next_one_is_found_by_the_same_anchors_and_is_another(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    first, _ = run(indexed, Ask("show me a bus"), "bus", "A bus.", vocabulary=TAUGHT)
    image = of(first, ImageEvent).image
    request = Ask("the next one, please", image=os.fsencode(image), anchors=("bus",))
    events, _ = run(indexed, request, "A bus.", vocabulary=TAUGHT)
    assert of(events, TopicEvent).same is False
    assert of(events, AnchorsEvent).anchors == ("bus",) and of(events, AnsweredEvent).image not in (None, image)


def test_a_doubted_answer_is_asked_for_again(indexed: Indexed) -> None:
    request = Ask("really?", image=indexed.searcher.images[3], history=(("is it dark?", "Yes."),))
    events, llava = run(indexed, request, "Yes, it is dark.", vocabulary=TAUGHT)
    assert of(events, TopicEvent).same is True
    assert llava.prompts[-1].endswith("is it dark?") and llava.pictures[-1] is not None


def test_a_second_look_brings_the_candidates_into_the_order_of_what_the_model_sees(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    request = Ask("is there a bus at night?", second_look=2, top=4)
    # Two images, of each two phrases.
    events, llava = run(indexed, request, "night; bus", "0.02", "0.03", "0.97", "0.99", "Yes, a bus.")
    before, after = (e.items for e in events if isinstance(e, CandidatesEvent))
    assert [i.image for i in after] == [before[n].image for n in (1, 0, 2, 3)]
    assert after[0].seen == pytest.approx(0.98, abs=0.001) and after[2].seen is None
    assert of(events, AnsweredEvent).image == before[1].image
    assert [(e.done, e.total) for e in events if isinstance(e, LookingEvent)] == [(0, 2), (1, 2)]
    assert "Does this picture show night? Reply with yes or no." in llava.prompts[1]


def test_where_the_model_sees_none_of_it_in_the_best_images_nothing_fits(indexed: Indexed) -> None:
    unsure = Ask("a bus, but not at night", second_look=1, anchors=("bus", "-night"), mode="search")
    events, _ = run(indexed, unsure, "0.001", "0.999")
    assert of(events, AnsweredEvent).image is None and of(events, AnsweredEvent).answer.startswith("None of the")


def test_the_demo_model_is_asked_of_what_it_knows_alone_and_in_its_own_words(indexed: Indexed, llava: Any) -> None:
    hits = indexed.searcher.by_phrases([Phrase("bus")], 3)
    looks = partial(second_look, llava=llava, root=indexed.root, count=2, tell=lambda *_: None, cancelled=lambda: False)
    assert [h.seen for h in looks(hits, [Phrase("zeppelin")])] == [None] * 3
    found = looks(hits, [Phrase("bus")])
    assert all(h.seen is not None and 0 <= h.seen <= 1 for h in found if h.image in {x.image for x in hits[:2]})
    assert llava.vocabulary.as_noun("city bus") == "a bus" and llava.vocabulary.as_noun("night") == "night"
