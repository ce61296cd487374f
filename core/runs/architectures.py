"""The networks that segmentation_models_pytorch (SMP) makes of an encoder, and what each costs with the usual encoders.

`train/encoders.py` counts them; U-Nets of every encoder are in the table of `core/runs/encoders.py`.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Architecture = Literal[
    "unet",
    "unetplusplus",
    "manet",
    "linknet",
    "fpn",
    "pspnet",
    "deeplabv3",
    "deeplabv3plus",
    "pan",
    "upernet",
    "segformer",
    "dpt",
]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
CLASSES: dict[Architecture, str] = {
    "unet": "Unet",
    "unetplusplus": "UnetPlusPlus",
    "manet": "MAnet",
    "linknet": "Linknet",
    "fpn": "FPN",
    "pspnet": "PSPNet",
    "deeplabv3": "DeepLabV3",
    "deeplabv3plus": "DeepLabV3Plus",
    "pan": "PAN",
    "upernet": "UPerNet",
    "segformer": "Segformer",
    "dpt": "DPT",
}
"""SMP's classes, which a checkpoint names too."""
SHOWN: dict[Architecture, str] = {
    "unet": "U-Net",
    "unetplusplus": "U-Net++",
    "manet": "MA-Net",
    "linknet": "LinkNet",
    "fpn": "FPN",
    "pspnet": "PSPNet",
    "deeplabv3": "DeepLabV3",
    "deeplabv3plus": "DeepLabV3+",
    "pan": "PAN",
    "upernet": "UPerNet",
    "segformer": "SegFormer",
    "dpt": "DPT",
}
"""What their papers call them."""
SMALLEST: dict[Architecture, int] = {"pan": 128}
"""Pixels that each side must have at least, where that is more than 32: PAN halves what the encoder gives thrice."""
USUAL_ENCODERS = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "efficientnet-b0", "efficientnet-b2"),
    *("mit_b0", "mit_b1", "mit_b2", "mit_b3", "mit_b5"),
    *("tu-tf_efficientnet_lite0", "tu-tf_efficientnet_lite1", "tu-tf_efficientnet_lite2"),
    *("tu-convnext_tiny", "tu-convnext_small", "tu-hgnetv2_b2"),
)
VIT_ENCODERS = ("tu-vit_tiny_patch16_224", "tu-vit_small_patch16_224", "tu-vit_base_patch16_224")
"""DPT takes vision transformers alone, and no other network does."""


@cache
def counted(architecture: str) -> dict[str, tuple[int, int, int]]:
    """By encoder, (parameters, multiplications, activations) as `Encoder` has them, of those that were counted."""
    table = files("bddseg_tui.core.runs").joinpath("architectures.csv").read_text("utf-8")
    return {
        row["encoder"]: (int(row["parameters"]), int(row["multiplications"]), int(row["activations"]))
        for row in csv.DictReader(table.splitlines())
        if row["architecture"] == architecture
    }
