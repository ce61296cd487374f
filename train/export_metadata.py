"""What an exported model says of itself, so that whoever runs it needs nothing but the file."""

import json

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.train.normalise import Statistics


def export_metadata(size: tuple[int, int], statistics: Statistics) -> dict[str, str]:
    """Metadata of an ONNX or TorchScript file, each value JSON.

    Args:
        size: (height, width) that it was exported at.
        statistics: mean and standard deviation by channel, of values 0..1, that the model normalises with.

    Returns:
        `class_names` (in the order of the output's channels), `class_colours` ([red, green, blue], 0..255, in the same
        order), `size` ([height, width]), and `mean` and `std`, which the model itself applies.
    """
    mean, std = statistics
    values = {
        "class_names": [c.name for c in CLASSES],
        "class_colours": [c.color for c in CLASSES],
        "size": size,
        "mean": mean,
        "std": std,
    }
    return {key: json.dumps(value) for key, value in values.items()}
