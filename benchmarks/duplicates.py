"""Duplicates: how many planted copies are found, what else is, and what it costs by number of vectors.

python -m benchmarks.duplicates DATASET [--copies 25] [--counts 1000 10000 100000] [--json FILE]

DATASET is one of photographs. Its images are linked into a temporary dataset, with so many copies of each kind planted
in val of images of train: the same file, half as large, encoded at quality 20, 3 and 6 % cropped at each side, 15 %
brighter. Then duplicates are looked for without an index, and with one of the demo CLIP. What is found beside what was
planted counts as wrong, so copies that were in the dataset before lower the precision. Of made-up vectors (512
numbers, one in a hundred near another) all near pairs are looked for. One thread.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from PIL import Image, ImageEnhance  # noqa: E402

from bddseg_tui.core.data.dataset import list_samples, open_dataset  # noqa: E402
from bddseg_tui.core.engine import Engine  # noqa: E402
from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, read_duplicates  # noqa: E402
from bddseg_tui.core.workspace.workspace import Workspace  # noqa: E402
from bddseg_tui.index.build import build_index  # noqa: E402
from bddseg_tui.index.clip import load_clip  # noqa: E402
from bddseg_tui.index.duplicates_job import DuplicatesWanted, find_duplicates  # noqa: E402
from bddseg_tui.index.near_pairs import near_pairs  # noqa: E402
from benchmarks.report import publish  # noqa: E402

Planted = dict[frozenset[str], str]
"""By the two names, what the copy is."""


def _cropped(picture: Image.Image, share: float) -> Image.Image:
    x, y = round(share * picture.width), round(share * picture.height)
    return picture.crop((x, y, picture.width - x, picture.height - y))


KINDS: dict[str, Callable[[Image.Image, Path], None]] = {
    "half as large": lambda p, to: p.resize((p.width // 2, p.height // 2)).save(to, quality=85),
    "quality 20": lambda p, to: p.save(to, quality=20),
    "3 % cropped": lambda p, to: _cropped(p, 0.03).save(to, quality=85),
    "6 % cropped": lambda p, to: _cropped(p, 0.06).save(to, quality=85),
    "15 % brighter": lambda p, to: ImageEnhance.Brightness(p).enhance(1.15).save(to, quality=85),
}


def plant(source: Path, root: Path, copies: int) -> Planted:
    """Makes the temporary dataset; returns what was planted."""
    train, val = root / "images/10k/train", root / "images/10k/val"
    train.mkdir(parents=True)
    val.mkdir(parents=True)
    images = [s.image for s in list_samples(open_dataset(source))]
    for image in images:
        (train / image.name).symlink_to(image)
    planted: Planted = {}
    drawn = np.random.default_rng(0).permutation(len(images))[: copies * (len(KINDS) + 1)]
    for place, number in enumerate(drawn.tolist()):
        kind, image = ["same file", *KINDS][place % (len(KINDS) + 1)], images[number]
        to = val / f"copy-{place}.jpg"
        if kind == "same file":
            shutil.copy(image, to)
        else:
            KINDS[kind](Image.open(image).convert("RGB"), to)
        planted[frozenset((image.name, to.name))] = kind
    return planted


def measure(workspace: Workspace, root: Path, planted: Planted) -> dict[str, Any]:
    """Recall by kind of copy, and what was found beside them by kind of pair."""
    collection = Engine(workspace).data.open(root)
    Engine(workspace).data.scan(collection, lambda *_: None)
    index = Engine(workspace).retrieval.index_folder(collection.dataset.root)
    to = workspace.root / DUPLICATES_FILE
    start = time.perf_counter()
    find_duplicates(
        DuplicatesWanted(collection.dataset.root, to, collection.catalog.path, index, "demo"), lambda *_: None
    )
    seconds = time.perf_counter() - start
    found = read_duplicates(to)
    assert found is not None
    pairs = {frozenset((Path(p.first).name, Path(p.second).name)): p.kind for p in found.pairs}
    sure = {names for names, kind in pairs.items() if kind != "alike"}
    result: dict[str, Any] = {"about": found.about, "images": found.images, "seconds": round(seconds, 1)}
    for kind in dict.fromkeys(planted.values()):
        mine = [names for names, of in planted.items() if of == kind]
        result[f"recall, {kind}"] = sum(names in pairs for names in mine) / len(mine)
        result[f"recall without alike, {kind}"] = sum(names in sure for names in mine) / len(mine)
    for named, some in (("files and pictures", sure), ("alike", pairs.keys() - sure)):
        wrong = sum(names not in planted for names in some)
        result[f"pairs, {named}"] = len(some)
        result[f"precision, {named}"] = 1 - wrong / len(some) if some else None
    return result


def cost(count: int) -> dict[str, Any]:
    """Seconds of the search for near pairs among so many vectors, and the share of planted pairs that it finds."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((count, 512), dtype=np.float32)
    near = count // 100
    vectors[-near:] = vectors[:near] + 0.1 * rng.standard_normal((near, 512), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result: dict[str, Any] = {"vectors": count}
    for how, limit in (("blocks", count), ("graph", 0)):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            found = near_pairs(vectors, 0.97, Path(folder), lambda *_: None, limit)
            result[f"{how}, seconds"] = round(time.perf_counter() - start, 1)
        result[f"{how}, recall"] = len(found.first) / near
    return result


def main() -> None:
    """Prints and writes what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--copies", type=int, default=25)
    parser.add_argument("--counts", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        root, workspace = Path(folder) / "set", Workspace(Path(folder) / "workspace")
        planted = plant(arguments.dataset, root, arguments.copies)
        rows.append({"what": "without an index", **measure(workspace, root, planted)})
        dataset = open_dataset(root)
        build_index(dataset, load_clip("demo", "cpu"), workspace.index_path(dataset.root, "demo"), lambda *_: None)
        rows.append({"what": "with an index by the demo CLIP", **measure(workspace, root, planted)})
    rows += [cost(count) for count in arguments.counts]
    named = [(str(n), key, str(value)) for n, row in enumerate(rows) for key, value in row.items()]
    publish("duplicates", [("", "what", "value"), *named], {"rows": rows}, arguments.json)


if __name__ == "__main__":
    main()
