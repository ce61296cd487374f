"""Where picture, caption and legend stand, and what of a long name and of a full legend is left."""

import pytest
from textual.geometry import Size

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.tui.dataset.picture_layout import arrange
from bddseg_tui.tui.dataset.sample_row import middle_cut
from bddseg_tui.tui.shared.legend import by_share, entries, grid_size

WIDE = 16 / 9 * 2
"""Columns for each row of a 16:9 picture, of cells twice as high as wide."""


def seen(size: Size, aspect: float, folded: bool = False) -> float:
    """The share of the room that the picture fills."""
    region = arrange(size, aspect, folded).picture
    width = min(region.width, region.height * aspect)
    return width * (width / aspect) / size.area


@pytest.mark.parametrize(("size", "places"), [((131, 42), 20), ((71, 27), 18), ((54, 21), 15), ((171, 42), 20)])
def test_the_legend_has_a_place_for_all_classes_that_an_image_has(size: tuple[int, int], places: int) -> None:
    legend = arrange(Size(*size), WIDE).legend
    rows, columns = grid_size(legend.width, legend.height)
    assert rows * columns >= places


def test_the_legend_is_where_it_leaves_more_to_the_picture() -> None:
    below, beside = arrange(Size(131, 42), WIDE), arrange(Size(171, 42), WIDE)
    assert below.legend.y > below.caption.y > below.picture.y and below.picture.size == Size(131, 37)
    assert beside.legend.x > beside.picture.right - 1 and beside.legend.height == 42
    # An upright picture leaves its room at the side.
    assert arrange(Size(131, 42), 1 / WIDE).legend.x > 0


@pytest.mark.parametrize("size", [Size(131, 42), Size(71, 27), Size(54, 21)])
def test_without_the_legend_the_picture_is_at_least_as_large(size: Size) -> None:
    assert seen(size, WIDE, folded=True) >= seen(size, WIDE)
    assert not arrange(size, WIDE, folded=True).legend.area


@pytest.mark.parametrize("size", [Size(0, 0), Size(1, 1), Size(3, 2), Size(9, 40), Size(300, 3)])
def test_nothing_lies_outside_of_a_room_of_a_few_cells(size: Size) -> None:
    arrangement = arrange(size, WIDE)
    for region in (arrangement.picture, arrangement.legend):
        assert not region.area or size.region.contains_region(region)
    assert arrangement.picture.width >= 0 and arrangement.picture.height >= 0


def test_classes_that_occur_come_first_and_those_without_a_place_are_counted() -> None:
    shares = tuple(float(i) if i < 17 else 0.0 for i in range(NUM_CLASSES))
    assert by_share(shares)[:3] == [16, 15, 14]
    assert entries(shares, None, 20) == (by_share(shares), 0)
    shown, left_out = entries(shares, None, 15)
    assert len(shown) == 14 and left_out == 2
    # The highlighted class is there, however little of it there is.
    assert entries(shares, 19, 15)[0][-1] == 19


def test_no_two_classes_have_one_name_in_a_narrow_legend() -> None:
    from bddseg_tui.tui.shared.legend import _SHORT_NAMES, SHORT_ENTRY

    names = [_SHORT_NAMES.get(c.name, c.name) for c in CLASSES]
    assert len(set(names)) == NUM_CLASSES
    assert all(len(name) <= SHORT_ENTRY - 9 for name in names)


@pytest.mark.parametrize(
    ("name", "room", "shown"),
    [
        ("7d06fefd-f7be05a6", 17, "7d06fefd-f7be05a6"),
        ("7d06fefd-f7be05a6", 11, "7d06f…e05a6"),
        ("frame_000000001234", 10, "fram…01234"),
        ("日本語の名前です", 9, "日本…です"),
        ("abc", 2, "ab"),
    ],
)
def test_a_long_name_is_cut_in_its_middle(name: str, room: int, shown: str) -> None:
    assert middle_cut(name, room) == shown
