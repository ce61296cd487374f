"""The seed's own recipe, with its own library: fastai's `unet_learner` on ResNet34, cross-entropy, one-cycle schedule.

`python -m benchmarks.fastai_seed` runs it in an environment of its own. fastai's DynamicUnet has four times the
multiplications of SMP's U-Net and trains in fp32, so few images fit into the time; they are drawn at random, once.
ImageNet weights are taken where torchvision has them in its cache, else the encoder starts at random. The figures are
counted as `bddseg-tui evaluate` counts them, at the masks' own size.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from fastai.vision.all import (
    CrossEntropyLossFlat,
    DataBlock,
    DataLoaders,
    Flip,
    ImageBlock,
    IndexSplitter,
    MaskBlock,
    Normalize,
    PILImage,
    PILMask,
    Resize,
    ResizeMethod,
    imagenet_stats,
    resnet34,
    unet_learner,
)
from PIL import Image

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.runs.metrics import Scores, finite, scores
from benchmarks.report import publish

BATCH = 8


def mask_of(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Class ids uint8 [H, W]; 255 becomes unknown, 19."""
    mask = np.asarray(Image.open(path))
    return np.where(mask == 255, 19, mask).astype(np.uint8)


def load(samples: list[Sample], size: tuple[int, int]) -> DataLoaders:
    """fastai's loaders over the samples; its validation part is one image, since scoring is done below."""
    masks = {s.image: s.mask for s in samples if s.mask}
    block = DataBlock(
        blocks=(ImageBlock, MaskBlock(codes=np.arange(NUM_CLASSES))),
        get_y=lambda path: PILMask.create(mask_of(masks[path])),
        splitter=IndexSplitter([0]),
        item_tfms=Resize(size, method=ResizeMethod.Squish),
        batch_tfms=[Flip(), Normalize.from_stats(*imagenet_stats)],
    )
    return block.dataloaders([s.image for s in samples], bs=BATCH, num_workers=0)


def make_learner(loaders: DataLoaders, pretrained: bool) -> Any:
    """fastai's U-Net on ResNet34 for our classes; `pretrained` takes ImageNet weights."""
    loss = CrossEntropyLossFlat(axis=1)
    return unet_learner(loaders, resnet34, n_out=NUM_CLASSES, pretrained=pretrained, loss_func=loss)


def has_weights() -> bool:
    """Whether ResNet34's ImageNet weights are in torch's cache."""
    return any((Path(torch.hub.get_dir()) / "checkpoints").glob("resnet34-*.pth"))


def cost(model: torch.nn.Module, size: tuple[int, int]) -> float:
    """Processor seconds that an image costs in training."""
    images, masks = torch.randn(BATCH, 3, *size), torch.randint(0, NUM_CLASSES, (BATCH, *size))
    for step in range(5):
        if step == 2:
            start = time.process_time()
        F.cross_entropy(model(images), masks).backward()
    return (time.process_time() - start) / (3 * BATCH)


@torch.inference_mode()
def score(learner: Any, samples: list[Sample], size: tuple[int, int]) -> Scores:
    """Logits are scaled to the mask's size before the class is taken."""
    confusion = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    mean, deviation = (torch.tensor(v)[:, None, None] for v in imagenet_stats)
    model = learner.model.eval()
    for sample in samples:
        assert sample.mask is not None
        image = PILImage.create(sample.image).resize(size[::-1], Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1) / 255
        actual = mask_of(sample.mask)
        logits = F.interpolate(model(((pixels - mean) / deviation)[None]), actual.shape, mode="bilinear")
        predicted = logits[0].argmax(0).numpy()
        pairs = actual.astype(np.int64) * NUM_CLASSES + predicted
        confusion += np.bincount(pairs.ravel(), minlength=NUM_CLASSES**2).reshape(NUM_CLASSES, NUM_CLASSES)
    return scores(confusion)


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--core-minutes", type=float, required=True)
    parser.add_argument("--size", default="72x128")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    height, width = (int(n) for n in arguments.size.split("x"))
    dataset = open_dataset(arguments.dataset)
    train, val = ([s for s in list_samples(dataset) if s.split == split and s.mask] for split in ("train", "val"))
    np.random.default_rng(0).shuffle(train)
    learner = make_learner(load(train[: BATCH + 1], (height, width)), has_weights())
    images = int(60 * arguments.core_minutes / cost(learner.model, (height, width)))
    epochs = max(1, round(images / len(train)))
    learner = make_learner(load(train[: 1 + images // epochs], (height, width)), has_weights())
    started = time.process_time()
    with learner.no_bar():
        learner.fit_one_cycle(epochs, 1e-3)
    minutes = (time.process_time() - started) / 60
    result = score(learner, val, (height, width))
    facts = {
        "core_minutes": minutes,
        "images": images,
        "epochs": epochs,
        "pretrained": has_weights(),
        "miou19": finite(result.miou19),
        "miou20": finite(result.miou20),
        "classes": result.class_rows(),
    }
    rows = [("core-min", "images seen", "ImageNet", "mIoU 19", "mIoU 20", "classes at 0")]
    never = ", ".join(r["name"] for r in result.class_rows()[:19] if r["iou"] == 0)
    figures = (f"{100 * result.miou19:.1f}", f"{100 * result.miou20:.1f}", never or "-")
    rows.append((f"{minutes:.1f}", str(images), "yes" if has_weights() else "no", *figures))
    publish(f"fastai unet_learner, ResNet34, {arguments.size}, on {dataset.root.name}", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
