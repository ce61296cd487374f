"""ONNX: the exported model, and behind its logits the nodes that make masks of them at the photograph's size."""

import warnings
from typing import Any

import torch

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.train.export_model import ExportedModel

_OPSET = 18


def onnx_file(model: ExportedModel, size: tuple[int, int], metadata: dict[str, str]) -> bytes:
    """The file's content; `size` is the (height, width) of the images that it takes.

    Inputs are `images`, float32 [N, 3, height, width] in 0..1, and `size`, int64 [2], the (height, width) of the masks,
    which are those of the images where it is left out. Outputs are `logits`, float32 [N, 20, height, width], and
    `masks`, uint8 [N, *size].

    Raises:
        BddsegError: a package is missing.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401 (what is exported is run)
    except ImportError as error:
        raise BddsegError("ONNX needs more packages: pip install 'bddseg-tui[export]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.onnx.export(
            model,
            (torch.zeros(2, 3, *size),),
            input_names=["images"],
            output_names=["logits"],
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=4096)}},
            verbose=False,
        )
    assert made is not None
    proto = made.model_proto
    _add_masks(onnx, proto.graph, size)
    onnx.helper.set_model_props(proto, metadata)
    return proto.SerializeToString()  # type: ignore[no-any-return]


def _add_masks(onnx: Any, graph: Any, size: tuple[int, int]) -> None:
    """Adds the input `size` and the output `masks`: logits interpolated, their largest, and 255 for unknown."""
    helper, kinds = onnx.helper, onnx.TensorProto
    graph.input.append(helper.make_tensor_value_info("size", kinds.INT64, [2]))
    constants = {"size": list(size), "id_of_unknown": [UNKNOWN], "value_of_unknown": [RAW_UNKNOWN]}
    for name, values in constants.items():
        graph.initializer.append(helper.make_tensor(name, kinds.INT64, [len(values)], values))
    way = {"mode": "linear", "coordinate_transformation_mode": "half_pixel", "axes": [2, 3]}
    graph.node.extend(
        [
            helper.make_node("Resize", ["logits", "", "", "size"], ["large_logits"], **way),
            helper.make_node("ArgMax", ["large_logits"], ["ids"], axis=1, keepdims=0),
            helper.make_node("Equal", ["ids", "id_of_unknown"], ["is_unknown"]),
            helper.make_node("Where", ["is_unknown", "value_of_unknown", "ids"], ["values"]),
            helper.make_node("Cast", ["values"], ["masks"], to=kinds.UINT8),
        ]
    )
    graph.output.append(helper.make_tensor_value_info("masks", kinds.UINT8, ["batch", "mask_height", "mask_width"]))
