from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.image_file import BadFileError
from bddseg_tui.core.data.pictures import RIGHT, WRONG, PictureRequest, compose


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
    assert picture.getpixel((35, 5)) == Image.blend(grey, Image.new("RGB", (1, 1), WRONG), 0.62).getpixel((0, 0))


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
