"""Kinds of test-time augmentation."""

from typing import Literal, get_args

Tta = Literal["none", "flip", "scales"]
"""`flip` adds each image's mirror image; `scales` three other sizes of both."""
TTA_KINDS: tuple[Tta, ...] = get_args(Tta)
