"""Where an evaluation's predictions are: its folder once, and of each image only what the rule does not give.

The rule is FOLDER/STEM.png. An absolute path in every row made a catalog of 35 MB one of 206.
"""

import os

NONE = b""
"""There is no prediction."""


def by_rule(folder: bytes, image: bytes) -> bytes:
    """The path of an image's prediction where nothing else is said."""
    stem = os.path.splitext(os.path.basename(image))[0]  # noqa: PTH119, PTH122 (bytes)
    return os.path.join(folder, stem + b".png")  # noqa: PTH118 (bytes)


def stored(prediction: bytes | None, folder: bytes, image: bytes | None) -> bytes | None:
    """What a row says of a prediction: None for the rule, NONE, or a path, relative to the folder if it is in it."""
    if prediction is None:
        return NONE
    if image is not None and prediction == by_rule(folder, image):
        return None
    inside = prediction.startswith(folder + b"/") and folder
    return prediction[len(folder) + 1 :] if inside else prediction


def prediction_path(kept: bytes | None, folder: bytes, image: bytes) -> bytes | None:
    """The path of a prediction, of what its row says; None where there is none."""
    if kept is None:
        return by_rule(folder, image)
    return os.path.join(folder, kept) if kept != NONE else None  # noqa: PTH118 (bytes)
