"""Files that were read just now are not decoded again, unless they are other files by now."""

from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.image_file import BadFileError
from bddseg_tui.core.data.recent_files import recent_image, recent_mask_values


def test_a_file_that_has_not_changed_is_decoded_once_and_one_that_has_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (8, 6), 3).save(path)
    first = recent_mask_values(path)
    assert recent_mask_values(path) is first and recent_image(path) is recent_image(path)
    Image.new("L", (12, 6), 4).save(path)
    assert recent_mask_values(path).size == (12, 6) and recent_mask_values(path).getpixel((0, 0)) == 4


def test_what_cannot_be_read_is_told_as_what_it_was_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"no picture")
    with pytest.raises(BadFileError) as found:
        recent_mask_values(path)
    assert found.value.kind == "unreadable-mask"
    path.unlink()
    with pytest.raises(BadFileError) as found:
        recent_image(path)
    assert found.value.kind == "unreadable-image"
