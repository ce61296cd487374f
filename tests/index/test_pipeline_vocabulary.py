"""The pipeline with a model that was taught few words, and follow-ups that need no model to be understood."""

import os

import pytest

from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    ImageEvent,
    TopicEvent,
)
from bddseg_tui.index.pipeline import Ask
from bddseg_tui.index.vocabulary import Vocabulary
from tests.index.conftest import Indexed
from tests.index.scripted import of, run, sure

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
