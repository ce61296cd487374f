"""A training cache and the dataset that it is of, as tests compare them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.train.cache import open_cache, resize_sample
from bddseg_tui.train.cached_split import CachedSplit

SIZE = (32, 64)


def images_of(split: CachedSplit) -> NDArray[np.uint8]:
    return np.stack([split.image(row) for row in range(len(split))])


def expected(root: Path, split: str = "train") -> NDArray[np.uint8]:
    """What is in the files, in the dataset's order."""
    samples = [s for s in list_samples(open_dataset(root)) if s.split == split and s.mask is not None]
    return np.stack([resize_sample(s, SIZE)[0] for s in samples])


def opened(root: Path, cache: Path, split: str = "train", limit: int = 0) -> CachedSplit:
    return open_cache(open_dataset(root), split, SIZE, cache, limit)


def images(root: Path, split: str = "train") -> list[Path]:
    return sorted((root / "images/10k" / split).iterdir())


def size_of(cache: Path) -> int:
    return sum(p.stat().st_size for p in cache.rglob("*.u8"))
