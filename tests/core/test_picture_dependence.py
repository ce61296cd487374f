"""How many answers stay the same without the picture: of one who never looks all, of one who looks none."""

from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.retrieval.picture_dependence import picture_dependence


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    found = []
    for number, colour in enumerate(((200, 30, 30), (30, 30, 200))):
        found.append(tmp_path / f"{number}.png")
        Image.new("RGB", (32, 18), colour).save(found[-1])
    return found


def redness(_: str, picture: Path, shown: bool) -> str:
    """An answer that is read off the picture."""
    if not shown:
        return "I see nothing."
    red, _green, blue = Image.open(picture).convert("RGB").resize((1, 1)).tobytes()
    return "Red." if red > blue else "Blue." if blue > red else "black"


def test_of_answers_that_are_read_off_the_picture_none_stays_the_same_without_it(images: list[Path]) -> None:
    found = picture_dependence(redness, images, ["What colour is it?"], ["fog"], 1)
    assert {d.shown: (d.asked, d.same) for d in found} == {
        "no picture": (2, 0),
        "a black picture": (2, 0),
        "another picture": (2, 0),
        "fog 1": (2, 2),
    }


def test_of_answers_that_are_always_the_same_all_stay_so_whatever_their_case_and_full_stop(images: list[Path]) -> None:
    said = iter(["Sunny.", "sunny"] * 100)
    found = picture_dependence(lambda words, picture, shown: next(said), images[:1], ["a", "b"])
    assert [(d.shown, d.share) for d in found] == [("no picture", 1.0), ("a black picture", 1.0)]
