"""Kinds of test-time augmentation."""

from typing import Literal, get_args

Tta = Literal["none", "flip", "scales"]
"""`flip` adds each image's mirror image; `scales` three other sizes of both."""
TTA_KINDS: tuple[Tta, ...] = get_args(Tta)
ABOUT: dict[Tta, str] = {"none": "", "flip": "mirror images", "scales": "mirror images and four scales"}
"""What the mean is over beside the image itself, in a few words."""
