"""Reading a run's TensorBoard files as TensorBoard does."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, TENSORS, EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData


def read_board(run: Path) -> Any:
    """All that the files of a run hold."""
    board = EventAccumulator(str(run / "tensorboard"), {SCALARS: 0, IMAGES: 0, TENSORS: 0})
    return board.Reload()


def scalars(board: Any, tag: str) -> list[tuple[int, float]]:
    """(step, value) of each point, in the order of the files."""
    return [(point.step, point.value) for point in board.Scalars(tag)]


def pictures(board: Any, tag: str) -> list[tuple[int, NDArray[np.uint8]]]:
    """(step, uint8 [H, W, 3]) of each picture."""
    return [(p.step, np.asarray(Image.open(io.BytesIO(p.encoded_image_string)))) for p in board.Images(tag)]


def hparams(board: Any) -> dict[str, Any]:
    """The settings of the session that ended last."""
    content = board.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    values = HParamsPluginData.FromString(content).session_start_info.hparams
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in values.items()}
