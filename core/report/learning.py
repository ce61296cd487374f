"""How a model learned, in a report: a few validation images with what was predicted for them in several epochs."""

from dataclasses import dataclass

from bddseg_tui.core.data.image_file import BadFileError
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.report.samples import strip
from bddseg_tui.core.runs.samples import SampleEpoch, SampleImage, Samples
from bddseg_tui.core.sanitize import sanitize

EPOCHS = 4
SIZE = (240, 135)


@dataclass(frozen=True)
class LearnedPicture:
    """An image in a report: its name, a strip of pictures as base64 JPEG, and in how many of its pixels were right.

    `accuracy` has a fraction (0..1) for each epoch that is shown, None where it is not known.
    """

    name: str
    strip: str
    accuracy: tuple[float | None, ...]


def shown_epochs(samples: Samples) -> tuple[SampleEpoch, ...]:
    """Up to EPOCHS of the epochs that are kept, from the first to the last."""
    there = samples.epochs
    places = {round(i * (len(there) - 1) / (EPOCHS - 1)) for i in range(EPOCHS)} if there else set()
    return tuple(there[place] for place in sorted(places))


def learned_pictures(samples: Samples) -> list[LearnedPicture]:
    """The pictures of these images: image, actual, and predicted by epoch; those that can't be read are left out."""
    epochs, found = shown_epochs(samples), []
    for image in samples.images if epochs else ():
        try:
            found.append(_picture(image, epochs))
        except BadFileError:
            continue
    return found


def _picture(image: SampleImage, epochs: tuple[SampleEpoch, ...]) -> LearnedPicture:
    requests = [PictureRequest(image.image, image.mask), PictureRequest(image.image, image.mask, view="mask")]
    requests += [
        PictureRequest(image.image, image.mask, epoch.prediction(image.number), "prediction") for epoch in epochs
    ]
    shares = tuple(epoch.accuracy.get(image.number) for epoch in epochs)
    return LearnedPicture(sanitize(image.name), strip(requests, SIZE), shares)
