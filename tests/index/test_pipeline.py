"""The five steps, with the real index and a LLaVA that says what the test wants it to say."""

import os
from functools import partial
from typing import Any

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    LookingEvent,
    RequestEvent,
    ThinkingEvent,
    TopicEvent,
    UnsaidEvent,
    WaitingEvent,
)
from bddseg_tui.index.llava import CutShort, OutOfServiceError, TakenBack, Thinking, Waiting
from bddseg_tui.index.pipeline import Ask, CancelledError, ask
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.second_look import second_look
from tests.index.conftest import Indexed
from tests.index.scripted import Reply, Scripted, of, run, sure


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


def test_bare_names_behind_an_answer_are_a_new_search_which_the_model_is_not_asked_about(
    indexed: Indexed, llava: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure(indexed, monkeypatch)
    request = Ask("a bus in the desert", image=indexed.searcher.images[3], history=(("is it dark?", "Yes."),))
    events, model = run(indexed, request, "bus; desert road", "A bus.", vocabulary=llava.vocabulary)
    assert of(events, TopicEvent).same is False and of(events, CandidatesEvent).items and len(model.prompts) == 2
