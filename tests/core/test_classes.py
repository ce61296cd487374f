import pytest

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES, UNKNOWN, find_class


def test_ids_are_the_train_ids_in_order() -> None:
    assert [c.id for c in CLASSES] == list(range(NUM_CLASSES))
    assert [c.name for c in CLASSES[:3]] == ["road", "sidewalk", "building"]
    assert CLASSES[UNKNOWN].name == "unknown"


@pytest.mark.parametrize("text", ["traffic light", "traffic-light", "Traffic-Light", "6", "trafficlight"])
def test_a_class_is_found_by_name_slug_or_id(text: str) -> None:
    assert find_class(text).id == 6


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'bicycle'"):
        find_class("bicylce")
