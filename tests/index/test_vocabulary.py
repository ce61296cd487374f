"""What stands before a model that knows few words: reading a question as it was typed."""

from pathlib import Path

import pytest

from bddseg_tui.core.errors import RecordError
from bddseg_tui.index.demo_models.vocabulary import demo_vocabulary
from bddseg_tui.index.follow_ups import follow_up
from bddseg_tui.index.search_language import parse_phrases
from bddseg_tui.index.taught_words import understand
from bddseg_tui.index.vocabulary import FILE, Vocabulary, read_vocabulary

WEIGHTS = Path(__file__).parents[2] / "index/weights/llava"


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    found = read_vocabulary(WEIGHTS)
    assert found is not None
    return found


def test_the_file_beside_the_weights_is_what_the_demo_models_were_taught(words: Vocabulary) -> None:
    assert words == demo_vocabulary()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a red buss in the rian", "a red bus in the rain"),
        ("trafficjam on the higway", "traffic jam on the highway"),
        ("Is there a truck?", "Is there a truck?"),
        ("a zebra", "a zebra"),
    ],
)
def test_typing_errors_are_corrected_and_other_words_are_left(words: Vocabulary, typed: str, read: str) -> None:
    assert words.corrected(typed) == read


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("a zebra on the highway", ("zebra",)),
        ("a purple bus", ("purple",)),
        ("could you dig up a gloomy city street", ()),
        ("cars queueing at dusk", ()),
    ],
)
def test_nouns_and_colours_that_were_never_taught_are_named(
    words: Vocabulary, question: str, unknown: tuple[str, ...]
) -> None:
    assert words.understand(question).unknown == unknown


@pytest.mark.parametrize("question", ["Zeig mir einen roten Bus", "夜のバス", "asdf ghjkl"])
def test_what_is_no_english_is_told_so(words: Vocabulary, question: str) -> None:
    assert "English" in words.unanswerable(words.understand(question), [])


@pytest.mark.parametrize(
    ("question", "left", "avoided"),
    [
        ("city streets, only not in the rain", ["city street"], ("rain",)),
        ("trucks without a bus in sight", ["truck"], ("bus",)),
        ("desert with nobody around", ["desert road"], ("pedestrian",)),
        ("a bus but not at night", ["bus"], ("night",)),
        ("a city with no traffic lights", ["city street"], ("traffic light",)),
        ("no cars at all", ["empty road"], ()),
        ("is there no bus", ["bus"], ()),
    ],
)
def test_what_a_question_wants_left_out_is_taken_apart(
    words: Vocabulary, question: str, left: list[str], avoided: tuple[str, ...]
) -> None:
    understood = words.understand(question)
    assert (words.named(understood.text), understood.avoided) == (left, avoided)


def test_anchors_that_no_word_of_the_question_means_are_dropped(words: Vocabulary) -> None:
    assert words.supported(["bus", "pedestrian"], "is there a coach?") == ["bus"]


def test_what_a_search_names_and_the_model_forgot_is_added(words: Vocabulary) -> None:
    assert words.supported(["night"], "empty highway at night") == ["night", "highway"]


def test_what_is_asked_about_the_picture_is_not_added(words: Vocabulary) -> None:
    assert words.supported(["city street"], "a city street, is there a bus?") == ["city street"]


def test_a_model_without_the_file_has_no_vocabulary(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path) is None


def test_a_file_that_makes_no_sense_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"model": 3}')
    with pytest.raises(RecordError):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("Really?", "doubt"),
        ("how do you know?", "doubt"),
        ("are you really sure about it", "doubt"),
        ("I don't see any", "doubt"),
        ("the next one, please", "next"),
        ("one more like that", "next"),
        ("show me another picture", "next"),
        ("any truck there as well?", "here"),
        ("is there a bus in this picture too?", "here"),
        ("show me a bus at night", None),
        ("show me another bus", None),
    ],
)
def test_a_few_words_behind_an_answer_are_told_apart(question: str, meant: str | None) -> None:
    assert follow_up(question) == meant


def test_a_search_is_read_as_a_question_is(words: Vocabulary) -> None:
    def read(text: str) -> tuple[list[tuple[str, float]], str]:
        found = understand(parse_phrases(text), words)
        return [(p.text, p.weight) for p in found.phrases], found.told

    assert read("a lorrry at night; -rian") == ([("truck", 1.0), ("night", 1.0), ("rain", -1.0)], "")
    assert read("2: red buss") == ([("red bus", 2.0)], "")
    assert read("city street, not in the rain") == ([("city street", 1.0), ("rain", -1.0)], "")
    phrases, told = read("zeppelin")
    assert phrases == [("zeppelin", 1.0)] and "were never taught “zeppelin”" in told


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("a blue bus in the desert", True),
        ("night, rain", True),
        ("red truk on the highway", True),
        ("and the bus?", False),
        ("tell me about the bus", False),
        ("what colour is the car", False),
        ("hello", False),
    ],
)
def test_the_bare_names_of_things_are_a_search(words: Vocabulary, text: str, search: bool) -> None:
    assert words.is_search(text) is search
