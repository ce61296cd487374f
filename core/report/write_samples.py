"""A run's predictions by epoch as pictures for others: a PNG for each image and epoch, and a GIF of each image."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.pictures import PictureRequest, View, compose
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.samples import SampleEpoch, SampleImage, epoch_name, read_samples

if TYPE_CHECKING:
    from PIL import Image

VIEWS: tuple[View, ...] = ("image", "mask", "prediction")
SIZE = (480, 270)
FRAME_MS = 500


def write_samples(run: Run, to: Path) -> list[Path]:
    """Writes each image's pictures into the folder `to`: image, actual and predicted side by side.

    Returns:
        The files: `1.gif` with an epoch a frame, `1-epoch-0003.png` of each epoch that is kept; likewise of image 2.

    Raises:
        BddsegError: the run has kept none, a file cannot be read, `to` cannot be written or holds files of these names
            that are a person's own.
    """
    samples = read_samples(run)
    if not samples.epochs:
        raise BddsegError(f"{run.name} has kept no predictions: it does after each epoch, unless samples=0")
    made: dict[str, Callable[[], bytes]] = {}
    for image in samples.images:
        epochs = [epoch for epoch in samples.epochs if image.number in epoch.accuracy]
        if epochs:
            made[f"{image.number}.gif"] = partial(_gif, image, epochs)
        for epoch in epochs:
            made[f"{image.number}-{epoch_name(epoch.epoch)}.png"] = partial(_png, image, epoch)
    folder = own(to, "runs samples")
    folder.claim(made)
    try:
        for name, make in made.items():
            write_bytes(to / name, make())
    except OSError as error:
        raise disk_error(error, to) from error
    folder.done(made)
    return [to / name for name in made]


def _beside(image: SampleImage, epoch: SampleEpoch) -> "Image.Image":
    from PIL import Image

    prediction = epoch.prediction(image.number)
    parts = [compose(PictureRequest(image.image, image.mask, prediction, view), SIZE) for view in VIEWS]
    width, height = parts[0].size
    whole = Image.new("RGB", (width * len(parts), height))
    for number, part in enumerate(parts):
        whole.paste(part, (number * width, 0))
    return whole


def _png(image: SampleImage, epoch: SampleEpoch) -> bytes:
    sink = io.BytesIO()
    _beside(image, epoch).save(sink, "PNG")
    return sink.getvalue()


def _gif(image: SampleImage, epochs: list[SampleEpoch]) -> bytes:
    first, *rest = (_beside(image, epoch) for epoch in epochs)
    sink = io.BytesIO()
    # The last one stays for a while, then it begins again.
    durations = [*(FRAME_MS,) * len(rest), 4 * FRAME_MS]
    first.save(sink, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return sink.getvalue()
