"""Augmentation of a batch, on its device: crops at a random zoom, mirrored and recoloured.

Image and mask are sampled at the same points, the centres of the pixels that come out: torch's `NEAREST` takes the
corners instead, which moved masks by half a pixel beside their images.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.crops import Crop, Pixel, draw_crops
from bddseg_tui.train.draws import AugmentationDraws
from bddseg_tui.train.losses import IGNORE_INDEX
from bddseg_tui.train.photometric import distorted

GREY = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in an image's grey, as torchvision has them (ITU-R BT.601)."""
PADDING = 114
"""Value of an image's pixels that zooming out adds."""
Pair = tuple[torch.Tensor, torch.Tensor]
"""An image uint8 [3, H, W] and its mask uint8 [H, W]."""


def augment(
    images: Sequence[torch.Tensor] | torch.Tensor,
    masks: Sequence[torch.Tensor] | torch.Tensor,
    config: TrainConfig,
    draws: AugmentationDraws,
    wanted: Sequence[Pixel | None] = (),
    distortions: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Crops, mirrors and recolours N images uint8 [3, H, W] with masks uint8 [H, W]; returns two batches, uint8 too.

    `wanted` has for each image the pixel that its crop must show, if there is one (`rare_pixels`).

    Pixels that zooming out adds have mask value 255, which no loss counts.
    """
    crops = draw_crops([(m.shape[0], m.shape[1]) for m in masks], config, draws, wanted)
    pairs = [cut(image, mask, crop) for image, mask, crop in zip(images, masks, crops, strict=True)]
    return finished(pairs, crops, config, draws, distortions)


def cut(image: torch.Tensor, mask: torch.Tensor, crop: Crop) -> Pair:
    """What a crop takes of an image [3, H, W] and its mask [H, W], as they are stored: nothing is copied."""
    rows = slice(crop.rows.start, crop.rows.start + crop.rows.taken)
    columns = slice(crop.columns.start, crop.columns.start + crop.columns.taken)
    return image[:, rows, columns], mask[rows, columns]


def finished(
    pairs: Sequence[Pair],
    crops: Sequence[Crop],
    config: TrainConfig,
    draws: AugmentationDraws,
    distortions: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The batch, images uint8 [N, 3, H, W] and masks uint8 [N, H, W], of what was cut out for its crops."""
    placed = [_placed(*pair, crop) for pair, crop in zip(pairs, crops, strict=True)]
    images, masks = torch.stack([i for i, _ in placed]), torch.stack([m for _, m in placed])
    if config.color_jitter > 0:
        images = _recolour(images, config.color_jitter, draws)
    if distortions is not None:
        images = distorted(images, distortions)
    return images, masks


def _placed(image: torch.Tensor, mask: torch.Tensor, crop: Crop) -> Pair:
    """What was cut out, mirrored, at its new size, with what is missing around it."""
    if crop.mirrored:
        image, mask = image.flip(-1), mask.flip(-1)
    image, mask = _resized(image, mask, crop.rows.length, crop.columns.length)
    if crop.fills:
        return image, mask
    (height, width), rows, columns = crop.size, crop.rows, crop.columns
    padding = (columns.at, width - columns.length - columns.at, rows.at, height - rows.length - rows.at)
    return F.pad(image, padding, value=PADDING), F.pad(mask, padding, value=IGNORE_INDEX)


def _resized(image: torch.Tensor, mask: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Both at this size, in pixels: the value at a point and the class at the same point."""
    if mask.shape == (height, width):
        return image, mask
    size = [height, width]
    return (
        TF.resize(image, size, InterpolationMode.BILINEAR, antialias=True),
        TF.resize(mask[None], size, InterpolationMode.NEAREST_EXACT)[0],
    )


def _recolour(images: torch.Tensor, jitter: float, draws: AugmentationDraws) -> torch.Tensor:
    """Brightness, contrast and saturation by factors in 1 - jitter..1 + jitter, each image by its own.

    torchvision's ColorJitter, which was used before, takes one factor for a whole batch; its formulas are these.
    """
    factors = [
        (1 + jitter * (2 * chance - 1)).to(images.device, non_blocking=True)[:, None, None, None]
        for chance in (draws.brightness, draws.contrast, draws.saturation)
    ]
    # On a CPU one after another: an image's floats stay in the processor's cache, where a batch's do not.
    at_once = 1 if images.device.type == "cpu" else len(images)
    parts = zip(images.split(at_once), *(f.split(at_once) for f in factors), strict=True)
    return torch.cat([_recoloured(*part) for part in parts])


def _recoloured(
    images: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor, saturation: torch.Tensor
) -> torch.Tensor:
    out = images.to(torch.float32).mul_(brightness).clamp_(0, 255)
    mean = _grey(out.mean((2, 3), keepdim=True))
    out.mul_(contrast).add_(mean * (1 - contrast)).clamp_(0, 255)
    grey = _grey(out)
    return out.mul_(saturation).add_(grey.mul_(1 - saturation)).clamp_(0, 255).round_().to(torch.uint8)


def _grey(images: torch.Tensor) -> torch.Tensor:
    """Grey values float [N, 1, H, W] of float [N, 3, H, W]."""
    red, green, blue = images.split(1, dim=1)
    grey: torch.Tensor = red * GREY[0]
    return grey.add_(green, alpha=GREY[1]).add_(blue, alpha=GREY[2])
