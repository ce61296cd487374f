"""Videos: their frames for a model, and an overlay of predictions as a video, by PyAV (FFmpeg's libraries)."""

from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from bddseg_tui.core.classes import PALETTE, UNKNOWN
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import read_mask
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.temporary_files import temporary_path
from bddseg_tui.core.runs.prediction_files import frame_name
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.train.infer import Loaded, shrink

_UPRIGHT = {90: Transpose.ROTATE_90, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_270}
"""By degrees counter-clockwise, as both FFmpeg's display matrix and Pillow count."""


def count_frames(video: Path) -> int:
    """How many frames a video says that it has; 0 if it does not say.

    Raises:
        BddsegError: PyAV is not installed, or the file can't be read as a video.
    """
    av = _av()
    try:
        with av.open(str(video)) as source:
            return int(source.streams.video[0].frames)
    except (av.FFmpegError, IndexError) as error:
        raise BddsegError(f"{sanitize_path(video)} cannot be read as a video ({error})") from error


def load_frames(video: Path, size: tuple[int, int] | None, known: Container[str]) -> Iterator[Loaded]:
    """The frames that are not `known`, as the model takes them, named by number (`core/runs/prediction_files.py`).

    Raises:
        BddsegError: the file can't be read as a video.
    """
    for number, picture in _pictures(video):
        name = frame_name(number)
        if name not in known:
            sample = Sample("", Path(f"{name}.png"), None)
            yield Loaded(sample, shrink(picture, size), (picture.height, picture.width), None, None)


def encode_overlay(video: Path, masks: Path, to: Path, *, opacity: float, check: Callable[[], None]) -> int:
    """Writes the video with its masks laid over it (H.264); returns its frames. `check` is called for each of them.

    Raises:
        BddsegError: the video can't be read, or the overlay can't be written.
    """
    av = _av()
    writing = temporary_path(to.parent)
    count = 0
    try:
        with av.open(str(writing), "w", format="mp4") as target:
            stream = None
            for number, picture in _pictures(video):
                check()
                if stream is None:
                    stream = target.add_stream("libx264", rate=_rate(video))
                    # H.264 halves the colour planes, so both sides must be even.
                    stream.width, stream.height = picture.width // 2 * 2, picture.height // 2 * 2
                    stream.pix_fmt = "yuv420p"
                ids = read_mask(masks / f"{frame_name(number)}.png")
                painted = Image.fromarray(np.minimum(ids, UNKNOWN).astype(np.uint8)).convert("P")
                painted.putpalette(PALETTE)
                mixed = Image.blend(picture, painted.convert("RGB"), opacity)
                frame = av.VideoFrame.from_image(mixed.crop((0, 0, stream.width, stream.height)))
                target.mux(stream.encode(frame))
                count += 1
            if stream is not None:
                target.mux(stream.encode(None))
        writing.replace(to)
    except (av.FFmpegError, OSError) as error:
        raise disk_error(OSError(error.errno, error.strerror or str(error)), to) from error
    finally:
        writing.unlink(missing_ok=True)
    return count


def _pictures(video: Path) -> Iterator[tuple[int, Image.Image]]:
    """(number, RGB picture) of every frame that can be decoded, upright: telephones note how they were held."""
    av = _av()
    try:
        with av.open(str(video)) as source:
            for number, frame in enumerate(source.decode(video=0)):
                picture = frame.to_image()
                turn = _UPRIGHT.get(int(frame.rotation) % 360)
                yield number, picture if turn is None else picture.transpose(turn)
    except (av.FFmpegError, IndexError) as error:
        raise BddsegError(f"{sanitize_path(video)} cannot be read as a video ({error})") from error


def _rate(video: Path) -> Any:
    with _av().open(str(video)) as source:
        return source.streams.video[0].average_rate or 30


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise BddsegError("videos need PyAV: pip install 'bddseg-tui[video]'") from error
    return av
