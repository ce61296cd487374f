"""Pictures and masks by mutation: whatever is in a file, only BadFileError comes out, and what is read fits its size.

`HYPOTHESIS_PROFILE=long` looks for as long as it is given.
"""

import io
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask, read_size
from bddseg_tui.core.data.pictures import PictureRequest, compose
from bddseg_tui.core.data.validate_dataset import check_sample
from bddseg_tui.core.sanitize import sanitize

SIZE = (12, 8)


def encoded(kind: str, mode: str, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x112], exif[0x10F] = 6, "maker"
    picture = Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12) % 19)
    if mode == "P":
        picture.putpalette(list(range(57)))
    sink = io.BytesIO()
    (picture if mode in ("L", "P") else picture.convert(mode)).save(sink, kind, exif=exif, **options)
    return sink.getvalue()


SEEDS = [encoded("PNG", mode) for mode in ("L", "P", "RGB", "RGBA", "1", "LA", "I;16")]
SEEDS += [encoded("PNG", "L", bits=4), encoded("PNG", "P", bits=8), encoded("TIFF", "L"), encoded("TIFF", "RGB")]
SEEDS += [encoded(kind, "RGB") for kind in ("JPEG", "WEBP", "MPO")] + [encoded("JPEG", "L", progressive=True)]
CHANGES = st.lists(st.tuples(st.integers(0, 10**5), st.binary(min_size=1, max_size=4)), max_size=5)


@given(seed=st.sampled_from(SEEDS), changes=CHANGES, cut=st.none() | st.integers(0, 2000))
def test_whatever_a_file_holds_it_is_read_or_named(
    seed: bytes, changes: list[tuple[int, bytes]], cut: int | None
) -> None:
    data = bytearray(seed[:cut])
    for place, value in changes:
        at = place % (len(data) + 1)
        data[at : at + len(value)] = value
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.png"
        path.write_bytes(data)
        for read in (read_size, read_image, lambda p: read_image(p, at_least=(4, 4)), read_mask):
            try:
                read(path)
            except BadFileError as error:
                assert sanitize(str(error)) == str(error)
        try:
            whole = read_image(path)
            assert whole.size == read_size(path)
            assert compose(PictureRequest(path, path, view="image"), SIZE).mode == "RGB"
            mask = read_mask(path, strict=False)
            assert mask.dtype == np.uint8 and mask.shape == whole.size[::-1] and int(mask.max()) <= 19
        except BadFileError:
            pass
        check_sample(Sample("val", path, path))
