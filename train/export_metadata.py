"""What an exported model says of itself, so that whoever runs it needs nothing but the file."""

import json
from typing import Any

from bddseg_tui.core.classes import CLASSES, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.runs.encoders import STRIDE
from bddseg_tui.train.normalise import Statistics


def export_metadata(size: tuple[int, int], statistics: Statistics) -> dict[str, str]:
    """Metadata of an ONNX or TorchScript file, each value JSON.

    Args:
        size: (height, width) that it was exported at.
        statistics: mean and standard deviation by channel, of values 0..1, that the model normalises with.

    Returns:
        `class_names` (in the order of the output's channels), `class_colours` ([red, green, blue], 0..255, in the same
        order), `mask_values` (what each class is in a mask), `size` ([height, width]), and `mean` and `std`, which the
        model itself applies.
    """
    mean, std = statistics
    values = {
        "class_names": [c.name for c in CLASSES],
        "class_colours": [c.color for c in CLASSES],
        "mask_values": _mask_values(),
        "size": size,
        "mean": mean,
        "std": std,
    }
    return {key: json.dumps(value) for key, value in values.items()}


def class_facts() -> list[dict[str, Any]]:
    """Of each class, in the order of the output's channels: its name, its value in a mask, and its colour."""
    facts = zip(CLASSES, _mask_values(), strict=True)
    return [{"name": c.name, "mask_value": value, "colour": c.color} for c, value in facts]


def preprocessor_config(size: tuple[int, int] | None, statistics: Statistics) -> dict[str, Any]:
    """How images are prepared, by the keys that Hugging Face's image processors have, and the classes.

    `size` is the (height, width) that they are resized to; None where they keep their own.
    """
    return {
        "do_resize": size is not None,
        **({"size": {"height": size[0], "width": size[1]}} if size else {}),
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": statistics[0],
        "image_std": statistics[1],
        "do_pad": True,
        "size_divisor": STRIDE,
        "id2label": {str(c.id): c.name for c in CLASSES},
        "classes": class_facts(),
    }


def _mask_values() -> list[int]:
    return [RAW_UNKNOWN if c.id == UNKNOWN else c.id for c in CLASSES]
