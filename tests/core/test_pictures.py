from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.image_file import BadFileError
from bddseg_tui.core.data.painting import RIGHT, UNKNOWN_STRIPE, WRONG
from bddseg_tui.core.data.pictures import PictureRequest, View, compose, composed, panels_of


@pytest.fixture
def request_(tmp_path: Path) -> PictureRequest:
    """A grey image; the mask is road on the left, sky on the right; the prediction is road alone."""
    Image.new("RGB", (40, 20), (100, 100, 100)).save(tmp_path / "i.png")
    mask = Image.new("L", (40, 20), 0)
    mask.paste(10, (20, 0, 40, 20))
    mask.save(tmp_path / "m.png")
    Image.new("L", (40, 20), 0).save(tmp_path / "p.png")
    return PictureRequest(tmp_path / "i.png", tmp_path / "m.png", tmp_path / "p.png")


def test_a_picture_fits_and_keeps_its_aspect(request_: PictureRequest) -> None:
    assert compose(request_, (100, 100)).size == (100, 50)
    assert compose(request_, (100, 10)).size == (20, 10)


def test_a_mask_has_class_colours_and_no_others_at_any_size(request_: PictureRequest) -> None:
    for size in ((40, 20), (17, 9), (133, 66)):
        colours = compose(replace(request_, view="mask"), size).getcolors()
        assert {c for _, c in colours or []} == {CLASSES[0].color, CLASSES[10].color}


def test_opacity_goes_from_image_to_mask(request_: PictureRequest) -> None:
    def pixel(opacity: float) -> object:
        return compose(replace(request_, view="overlay", opacity=opacity), (40, 20)).getpixel((5, 5))

    assert pixel(0.0) == (100, 100, 100)
    assert pixel(1.0) == CLASSES[0].color


def test_the_error_map_is_red_only_where_the_prediction_is_wrong(request_: PictureRequest) -> None:
    picture = compose(replace(request_, view="error"), (40, 20))
    grey = Image.new("RGB", (1, 1), (100, 100, 100))
    assert picture.getpixel((5, 5)) == Image.blend(grey, Image.new("RGB", (1, 1), RIGHT), 0.62).getpixel((0, 0))
    assert {over(grey, WRONG, 0.4), over(grey, WRONG, 0.85)} == {picture.getpixel((x, 5)) for x in range(25, 40)}


def over(grey: Image.Image, colour: tuple[int, int, int], opacity: float) -> object:
    return Image.blend(grey, Image.new("RGB", (1, 1), colour), opacity).getpixel((0, 0))


def test_unknown_is_striped_in_mask_and_prediction_and_leaves_no_class_its_colour(request_: PictureRequest) -> None:
    mask = Image.new("L", (40, 20), 0)
    mask.paste(255, (20, 0, 40, 20))
    views: tuple[View, View] = "mask", "prediction"
    for view, path in zip(views, (request_.mask, request_.prediction), strict=True):
        assert path is not None
        mask.save(path)
        picture = compose(replace(request_, view=view), (40, 20))
        assert {c for _, c in picture.crop((20, 0, 40, 20)).getcolors() or []} == {(0, 0, 0), UNKNOWN_STRIPE}
        assert {c for _, c in picture.crop((0, 0, 20, 20)).getcolors() or []} == {CLASSES[0].color}


def test_what_became_of_a_class_is_plain_where_right_and_striped_each_way_where_false_or_missed(
    request_: PictureRequest,
) -> None:
    request = replace(request_, view="outcome", highlight=10)
    assert request.prediction is not None
    predicted = Image.new("L", (40, 20), 0)
    predicted.paste(10, (10, 0, 30, 20))
    predicted.save(request.prediction)
    picture = compose(request, (40, 20))
    false, right, missed = (picture.crop((x, 0, x + 8, 20)) for x in (11, 21, 31))
    assert len(right.getcolors() or []) == 1
    stripe, slope = strongest(false), (4, -4)
    assert stripe[0] > stripe[2] and strongest(missed)[2] > strongest(missed)[0]
    for part, step in ((false, slope[0]), (missed, slope[1])):
        at = next(x for x in range(8) if part.getpixel((x, 8)) == strongest(part) != part.getpixel((x - 1, 8)))
        # Four pixels down, two dots, the stripe has gone as far to one side.
        assert part.getpixel(((at - step) % 8, 12)) == strongest(part)


def strongest(part: Image.Image) -> tuple[int, ...]:
    found = [c for _, c in part.getcolors() or []]
    colours = [c for c in found if isinstance(c, tuple)]
    return max(colours, key=lambda c: max(c) - min(c))


def test_contours_leave_the_photograph_but_at_the_borders_of_classes(request_: PictureRequest) -> None:
    picture = compose(replace(request_, view="overlay", contours=True), (40, 20))
    assert picture.getpixel((5, 10)) == picture.getpixel((35, 10)) == (100, 100, 100)
    assert picture.getpixel((19, 10)) == CLASSES[0].color
    assert picture.getpixel((20, 10)) == CLASSES[10].color
    only = compose(replace(request_, view="overlay", contours=True, highlight=10), (40, 20))
    assert only.getpixel((19, 10)) == (100, 100, 100) != only.getpixel((20, 10))


def test_four_views_are_of_one_size_and_a_place_in_any_of_them_is_the_same_pixel(request_: PictureRequest) -> None:
    found = composed(replace(request_, view="four", cross=(30, 5)), (400, 300))
    panels = found.placement.panels
    assert len(panels) == 4 and len({panel[2:] for panel in panels}) == 1
    width, height = found.picture.size
    for left, top, wide, high in panels:
        place = (left + wide * 30.5 / 40) / width, (top + high * 5.5 / 20) / height
        assert found.placement.pixel_at(*place) == (30, 5)
    assert found.placement.pixel_at(0.5, 0.5) is None
    assert found.picture.crop((0, 0, *panels[0][2:])).getcolors() != [(1, (100, 100, 100))]


def test_there_are_as_many_views_at_once_as_there_are_files(request_: PictureRequest) -> None:
    def views(**changes: object) -> list[str]:
        return [p.view for p in panels_of(replace(request_, view="four", **changes))]  # type: ignore[arg-type]

    assert views() == ["image", "mask", "prediction", "error"]
    assert views(prediction=None) == ["image", "mask", "overlay", "overlay"]
    assert views(mask=None) == ["image", "prediction"]
    assert views(mask=None, prediction=None) == ["image"]


def test_highlighting_dims_everything_else(request_: PictureRequest) -> None:
    picture = compose(replace(request_, highlight=10), (40, 20))
    left, right = picture.getpixel((5, 5)), picture.getpixel((35, 5))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert max(left) < 60 < max(right)


def test_a_view_without_its_file_says_what_to_do(request_: PictureRequest) -> None:
    with pytest.raises(BadFileError, match="evaluate a run"):
        compose(replace(request_, prediction=None, view="prediction"), (40, 20))
    with pytest.raises(BadFileError, match="no mask"):
        compose(replace(request_, mask=None, view="overlay"), (40, 20))
