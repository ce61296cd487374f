"""Zooming and panning, in images made so that each pixel is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bddseg_tui.core.data.pictures import PictureRequest, compose
from bddseg_tui.core.data.pixel_classes import Area, PixelClasses, areas, pixel_classes
from bddseg_tui.core.data.viewport import Viewport, around, filling, panned, zoomed

SIZE = (320, 180)


def dotted(folder: Path, x: int, y: int) -> PictureRequest:
    """A black image with a red pixel, over a mask of road with a traffic light there; predicted is sky all over."""
    image, mask = np.zeros((*SIZE[::-1], 3), np.uint8), np.zeros(SIZE[::-1], np.uint8)
    image[y, x], mask[y, x] = (255, 0, 0), 6
    Image.fromarray(image).save(folder / "image.png")
    Image.fromarray(mask).save(folder / "mask.png")
    Image.fromarray(np.full(SIZE[::-1], 10, np.uint8)).save(folder / "predicted.png")
    return PictureRequest(folder / "image.png", folder / "mask.png", folder / "predicted.png")


def test_one_pixel_is_one_square_in_the_middle_of_the_zoomed_picture(tmp_path: Path) -> None:
    request = dotted(tmp_path, 200, 50)
    part = Viewport(200 - 8, 50 - 4, 16, 9)
    assert part.centre == (200, 50)
    picture = np.asarray(compose(PictureRequest(request.image, request.mask, viewport=part), (640, 360)))
    square = picture[4 * 40 : 5 * 40, 8 * 40 : 9 * 40]
    assert picture.shape == (360, 640, 3)
    assert (square == (255, 0, 0)).all()
    assert not picture[4 * 40 : 5 * 40, 310:320].any()


def test_mask_and_image_are_cut_at_the_same_place(tmp_path: Path) -> None:
    request = dotted(tmp_path, 200, 50)
    part = Viewport(192, 46, 16, 9)
    picture = np.asarray(compose(PictureRequest(request.image, request.mask, view="mask", viewport=part), (640, 360)))
    assert tuple(picture[180, 340]) == (250, 170, 30)


def test_a_pixel_has_its_actual_and_its_predicted_class(tmp_path: Path) -> None:
    request = dotted(tmp_path, 200, 50)
    assert pixel_classes(request, (200, 50), SIZE) == PixelClasses(actual=6, predicted=10)
    assert pixel_classes(request, (201, 50), SIZE) == PixelClasses(actual=0, predicted=10)


def test_zooming_keeps_the_pixel_in_the_middle_and_out_again_shows_all() -> None:
    once = zoomed(None, (1280, 720), 1)
    assert once == Viewport(320, 180, 640, 360)
    twice = zoomed(once, (1280, 720), 1)
    assert twice is not None
    assert twice.centre == once.centre == (640, 360)
    assert zoomed(twice, (1280, 720), -2) is None


def test_zooming_ends_at_a_few_pixels() -> None:
    part: Viewport | None = None
    for _ in range(20):
        part = zoomed(part, (1280, 720), 1)
    assert part is not None
    assert 8 <= part.height < 16


def test_the_edge_of_the_image_stops_panning() -> None:
    part = Viewport(320, 180, 640, 360)
    assert panned(part, (1280, 720), 1, 0) == Viewport(480, 180, 640, 360)
    assert panned(part, (1280, 720), 9, -9) == Viewport(640, 0, 640, 360)
    assert panned(None, (1280, 720), 1, 1) is None


def test_zooming_at_a_pixel_leaves_it_where_it_is_in_the_picture() -> None:
    part: Viewport | None = None
    for _ in range(4):
        before, part = part or Viewport(0, 0, 1280, 720), zoomed(part, (1280, 720), 1, (900, 200))
        assert part is not None
        assert abs((900.5 - part.x) / part.width - (900.5 - before.x) / before.width) < 1 / part.width
        assert abs((200.5 - part.y) / part.height - (200.5 - before.y) / before.height) < 1 / part.height
    assert part is not None and part.width == 80


def test_a_zoomed_picture_fills_a_view_of_another_shape_as_far_as_the_image_goes() -> None:
    assert filling(Viewport(320, 180, 640, 360), (1280, 720), (640, 480)) == Viewport(320, 120, 640, 480)
    assert filling(Viewport(320, 0, 640, 360), (1280, 720), (640, 480)) == Viewport(320, 0, 640, 480)
    assert filling(Viewport(320, 180, 640, 360), (1280, 720), (640, 2000)) == Viewport(320, 0, 640, 720)


def test_areas_of_a_class_are_told_the_largest_first_with_a_pixel_of_their_own(tmp_path: Path) -> None:
    mask = np.zeros(SIZE[::-1], np.uint8)
    # A ring, whose middle is not of it, and two pixels that touch at a corner.
    mask[20:60, 100:160] = 6
    mask[30:50, 110:150] = 0
    mask[100, 10] = mask[101, 11] = 6
    Image.fromarray(mask).save(tmp_path / "mask.png")
    request = PictureRequest(tmp_path / "image.png", tmp_path / "mask.png", highlight=6)
    ring, corner = areas(request, SIZE)
    assert ring.box == (100, 20, 60, 40) and ring.count == 60 * 40 - 40 * 20
    assert mask[ring.pixel[1], ring.pixel[0]] == 6
    assert corner == Area((10, 100, 2, 2), (10, 100), 2)
    part = around(corner.box, SIZE)
    assert part is not None and part.holds(corner.pixel) and part.height == 8


def test_where_errors_are_shown_the_areas_are_those_of_errors(tmp_path: Path) -> None:
    request = replace(dotted(tmp_path, 200, 50), view="error", highlight=6)
    assert [area.pixel for area in areas(request, SIZE)] == [(200, 50)]
    assert len(areas(replace(request, highlight=None), SIZE)) == 1
    assert not areas(replace(request, view="prediction"), SIZE)
