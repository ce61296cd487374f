"""What spoils images does so alike at any size, more at a higher severity, and the same each time."""

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.data.corruptions import CORRUPTIONS, Corruption, corrupt, parse_corruptions, parse_severities
from bddseg_tui.core.errors import UsageError


def photograph(rows: int = 144) -> Image.Image:
    """A sky that gets lighter towards the horizon, a road, and a few things on it."""
    large = np.zeros((720, 1280, 3), np.uint8)
    large[:320] = np.linspace(120, 220, 320)[:, None, None].astype(np.uint8)
    large[320:] = 90
    large[300:480, 200:420], large[120:440, 900:960], large[420:700, 700:760] = (170, 30, 40), (40, 110, 50), 240
    return Image.fromarray(large).resize((rows * 16 // 9, rows), Image.Resampling.BOX)


def off(image: Image.Image, spoilt: Image.Image, rows: int = 36) -> float:
    """How far it is off in the mean, seen at a size at which both sizes can be compared."""
    small = [np.asarray(i.resize((64, rows), Image.Resampling.BOX), np.float64) for i in (image, spoilt)]
    return float(np.abs(small[0] - small[1]).mean())


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_higher_severity_is_further_off_and_the_same_name_gives_the_same_pixels(kind: Corruption) -> None:
    image = photograph()
    weak, strong = corrupt(image, kind, 1, "a.jpg"), corrupt(image, kind, 5, "a.jpg")
    assert weak.size == strong.size == image.size and weak.mode == "RGB"
    distance = [float(np.abs(np.asarray(i, np.float64) - np.asarray(image)).mean()) for i in (weak, strong)]
    assert 0 < distance[0] < distance[1]
    assert corrupt(image, kind, 5, "a.jpg").tobytes() == strong.tobytes()
    if kind in ("fog", "rain", "night", "noise"):
        assert corrupt(image, kind, 5, "b.jpg").tobytes() != strong.tobytes()
        assert corrupt(image, kind, 5, "a.jpg", seed=1).tobytes() != strong.tobytes()


@pytest.mark.parametrize("kind", ["fog", "rain", "night", "brightness"])
def test_weather_and_light_are_as_strong_in_a_small_image_as_in_a_large_one(kind: Corruption) -> None:
    small, large = photograph(72), photograph(720)
    ratio = off(small, corrupt(small, kind, 4, "a")) / off(large, corrupt(large, kind, 4, "a"))
    assert 0.7 < ratio < 1.4


def test_blur_takes_the_same_share_of_the_contrast_at_any_size() -> None:
    kept = []
    for rows in (144, 720):
        image = photograph(rows)
        small = [i.resize((256, 144), Image.Resampling.BOX) for i in (image, corrupt(image, "blur", 5, "a"))]
        pair = [np.asarray(i, np.float64).std() for i in small]
        kept.append(pair[1] / pair[0])
    assert kept[0] == pytest.approx(kept[1], rel=0.05)


def test_kinds_and_severities_are_read_as_they_are_typed() -> None:
    assert parse_corruptions("rain, fog") == ("fog", "rain") and parse_corruptions("all") == CORRUPTIONS
    assert parse_severities("1..3") == (1, 2, 3) and parse_severities("5,1") == (1, 5)
    for odd in ("snow", "", "fog,hail"):
        with pytest.raises(UsageError, match="--corrupt takes"):
            parse_corruptions(odd)
    for odd in ("0", "1..6", "x", "5..1", ""):
        with pytest.raises(UsageError, match="--severity takes"):
            parse_severities(odd)
