"""The program in a model card that makes a mask of a photograph, from what the export has in its folder alone."""

from collections.abc import Sequence

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.runs.encoders import STRIDE
from bddseg_tui.core.runs.export_kinds import ExportKind

_HEAD = """import sys

import numpy as np
{imports}
from PIL import Image, ImageOps

photo = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
small = {small}
{pixels}
{model}
Image.fromarray(mask).save(sys.argv[2])"""
_ONNX = """onnxruntime.set_default_logger_severity(3)  # it would warn that the input `size` may be left out
session = onnxruntime.InferenceSession("model.onnx")
size = np.array([photo.height, photo.width])
mask = session.run(["masks"], {"images": images, "size": size})[0][0]"""
_TORCHSCRIPT = """model = torch.jit.load("model.pt").eval()
with torch.inference_mode():
    mask = model.masks(images, photo.height, photo.width)[0].numpy()"""
_SMP = """images = ((images - torch.tensor({mean}).view(3, 1, 1)) / torch.tensor({std}).view(3, 1, 1))
height, width = images.shape[2:]
images = F.pad(images, (0, -width % {stride}, 0, -height % {stride}), mode="replicate")
images = images.contiguous(memory_format=torch.channels_last)
model = smp.from_pretrained(".").eval().to(memory_format=torch.channels_last)
with torch.inference_mode():
    logits = model(images)[..., :height, :width]
    logits = F.interpolate(logits, (photo.height, photo.width), mode="bilinear", align_corners=False)
mask = logits.argmax(1)[0].numpy().astype(np.uint8)
mask[mask == {unknown}] = {raw_unknown}"""


def usage_code(
    kind: ExportKind, size: tuple[int, int] | None, statistics: tuple[Sequence[float], Sequence[float]]
) -> str:
    """Python code that reads the photograph `sys.argv[1]` and writes its mask as `sys.argv[2]`.

    Args:
        kind: of the export.
        size: (height, width) that images are scaled to; None where they go in as they are.
        statistics: mean and standard deviation by channel that images are normalised with.
    """
    small = "photo"
    if size is not None:
        small = f"photo.resize(({size[1]}, {size[0]}), Image.Resampling.BILINEAR, reducing_gap=2.0)"
    pixels = "images = np.asarray(small, np.float32).transpose(2, 0, 1)[None] / 255"
    match kind:
        case "onnx":
            imports, model = "import onnxruntime", _ONNX
        case "torchscript":
            imports, model = "import torch", _TORCHSCRIPT
        case _:
            imports = "import segmentation_models_pytorch as smp\nimport torch\nimport torch.nn.functional as F"
            model = _SMP.format(
                mean=list(statistics[0]),
                std=list(statistics[1]),
                stride=STRIDE,
                unknown=UNKNOWN,
                raw_unknown=RAW_UNKNOWN,
            )
    if kind != "onnx":
        pixels = pixels.replace("images = ", "images = torch.from_numpy(") + ")"
    return _HEAD.format(imports=imports, small=small, pixels=pixels, model=model)
