"""That the models that ship do what their cards say, on scenes of a seed that they were never trained on.

The bars are well below what is measured (docs/results.md): they catch broken weights and changed prompts, not noise.
"""

import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.demo.generate import draw_scene
from bddseg_tui.core.demo.scene import sample_scene
from bddseg_tui.index import prompts
from bddseg_tui.index.anchor_reply import parse_anchors, parse_topic
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.demo_models.answers import ask_about
from bddseg_tui.index.demo_models.concepts import BY_NAME, CONCEPTS, fits, truths
from bddseg_tui.index.demo_models.questions import dress, write_question
from bddseg_tui.index.demo_models.scene_truth import Description, vehicles
from bddseg_tui.index.llava import CutShort, all_said, reply
from bddseg_tui.index.llava.local import LocalLlava
from bddseg_tui.index.search import Searcher
from bddseg_tui.index.search_language import Phrase

SEED, COUNT = 77_007, 60


@pytest.fixture(scope="module")
def scenes() -> list[tuple[Image.Image, Description]]:
    drawn = [draw_scene(sample_scene(SEED, index), 320, 180) for index in range(COUNT)]
    return [(Image.fromarray(d.picture), {**d.description, "size": (320, 180)}) for d in drawn]


@pytest.fixture(scope="module")
def table(scenes: list[tuple[Image.Image, Description]]) -> NDArray[np.int8]:
    return np.stack([truths(description) for _, description in scenes])


def test_most_questions_find_an_image_that_fits(
    clip: Clip,
    scenes: list[tuple[Image.Image, Description]],
    table: NDArray[np.int8],
) -> None:
    matrix = clip.encode_images([picture for picture, _ in scenes])
    searcher = Searcher(clip, [str(i).encode() for i in range(COUNT)], matrix, None, "")
    rng, right, asked = random.Random(1), 0, 0
    for row in range(COUNT):
        wanted = write_question(np.flatnonzero(table[row] == 1).tolist(), scenes[row][1], rng).wanted
        fit = fits(table, wanted)
        best = searcher.by_phrases([Phrase(CONCEPTS[c].name) for c in wanted], 1, group=False)[0]
        if fit[int(best.image)] >= 0:
            asked, right = asked + 1, right + int(fit[int(best.image)] == 1)
    assert right / asked >= 0.75, f"{right} of {asked}"


def test_most_answers_about_a_picture_are_true(
    llava: LocalLlava, scenes: list[tuple[Image.Image, Description]]
) -> None:
    rng, right = random.Random(2), 0
    for picture, description in scenes:
        asked = ask_about(description, rng)
        messages = prompts.answer_messages(dress(asked.text, rng, mark=True))
        right += asked.is_right(all_said(llava.stream(messages, picture, 48, lambda: False)))
    assert right / COUNT >= 0.75, f"{right} of {COUNT}"


def test_whether_there_is_traffic_is_answered_without_contradiction(
    llava: LocalLlava, scenes: list[tuple[Image.Image, Description]]
) -> None:
    right = asked = 0
    for picture, description in scenes:
        busy = vehicles(description) > 0
        if not busy and CONCEPTS[BY_NAME["empty road"]].truth(description) is None:
            continue
        messages = prompts.answer_messages("Is there traffic?")
        answer = all_said(llava.stream(messages, picture, 48, lambda: False)).strip()
        assert not answer.startswith("No, there is") and "Yes, the road is empty" not in answer, answer
        asked, right = asked + 1, right + answer.startswith("Yes" if busy else "No")
    assert right / asked >= 0.8, f"{right} of {asked}"


@pytest.mark.parametrize(
    "search", ["Show me a bus in the rain", "a truck at night", "find me a picture of a forest road"]
)
def test_a_search_is_answered_with_what_the_picture_shows(
    llava: LocalLlava, scenes: list[tuple[Image.Image, Description]], search: str
) -> None:
    right = 0
    for picture, description in scenes[:20]:
        truth = ask_about(description, random.Random(3), ("describe",))
        right += truth.is_right(all_said(llava.stream(prompts.answer_messages(search), picture, 48, lambda: False)))
    assert right >= 15, f"{right} of 20"


@pytest.mark.parametrize(
    ("question", "anchors"),
    [
        ("I want to pass by the forest on the way home, is there traffic?", {"forest road"}),
        ("Show me a traffic jam at night", {"traffic jam", "night"}),
        ("Where can I see a construction site?", {"construction site"}),
        ("show me heavy snow", {"heavy snow"}),
        ("find a picture of heavy rain in the desert", {"heavy rain", "desert road"}),
        ("Is there a visible licence plate?", {"visible licence plate"}),
        ("Show me a bus in the rain", {"bus", "rain"}),
        ("show me buses at night", {"bus", "night"}),
        ("a construction site in the rain", {"construction site", "rain"}),
        ("a foggy highway", {"fog", "highway"}),
        ("Do you have a truck in heavy snow?", {"truck", "heavy snow"}),
        ("bus rain", {"bus", "rain"}),
        ("Show me a red bus at night", {"red bus", "night"}),
        ("Show me a red bus in heavy snow", {"red bus", "heavy snow"}),
        ("pedestrians at night", {"pedestrian", "night"}),
        ("hello", set()),
    ],
)
def test_natural_questions_have_their_anchors(llava: LocalLlava, question: str, anchors: set[str]) -> None:
    assert set(parse_anchors(reply(llava, prompts.anchor_messages(question), 48))) == anchors


@pytest.mark.parametrize(
    ("question", "same"),
    [("what colour is the bus?", True), ("and is it raining?", True), ("show me a desert road at night", False)],
)
def test_a_follow_up_is_told_from_a_new_topic(llava: LocalLlava, question: str, same: bool) -> None:
    messages = prompts.topic_messages(["city street"], question)
    assert parse_topic(reply(llava, messages, 4)) is same


def test_a_reply_that_reaches_its_limit_is_told_as_cut_and_a_whole_one_is_not(llava: LocalLlava) -> None:
    messages = prompts.anchor_messages("show me a red bus in heavy snow")
    short = list(llava.stream(messages, None, 1, lambda: False))
    assert isinstance(short[-1], CutShort) and short[-1].why == "limit" and "answer_tokens=2" in short[-1].message
    assert not any(isinstance(p, CutShort) for p in llava.stream(messages, None, 48, lambda: False))
