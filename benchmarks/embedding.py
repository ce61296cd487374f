"""Images a second into an index: this program, a plain open_clip loop, and a loop as rclip's, one after another.

python -m benchmarks.embedding DATASET [--model demo] [--rounds 3] [--json FILE]

The model alone encodes tensors that lie ready, in the same batches: no index can be faster. All others use the same
model and the same files, and all of the machine. "rclip's way" is the loop of rclip 3.3 as its source has it: threads
(a core each, 16 at most) hash, decode and prepare 24 images ahead, a batch of eight goes to the model as soon as it is
there, each image is first looked up by its hash, and its vector is a row of SQLite. rclip runs its own ONNX export of
ViT-B-32-256 and needs other versions of NumPy and Pillow: here the loop has our model.
"""

import argparse
import hashlib
import os
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip, load_clip
from bddseg_tui.index.image_loading import draft_size
from benchmarks.report import publish


def ours(root: Path, clip: Clip) -> int:
    """The job that `index build` runs."""
    with tempfile.TemporaryDirectory() as folder:
        return int(build_index(open_dataset(root), clip, Path(folder) / "index", lambda *_: None)["count"])


def plain_loop(root: Path, clip: Clip) -> int:
    """open_clip's example: one image after the other is opened, prepared and encoded."""
    count = 0
    for sample in list_samples(open_dataset(root)):
        with torch.inference_mode(), Image.open(sample.image) as picture:
            clip.model.encode_image(clip.preprocess(picture.convert("RGB"))[None].to(clip.device), normalize=True)
        count += 1
    return count


def rclips_way(root: Path, clip: Clip) -> int:
    """Images are hashed and decoded ahead by threads and encoded by eights; rows go into SQLite."""
    files = iter([s.image for s in list_samples(open_dataset(root))])
    workers, count = min(16, os.cpu_count() or 1), 0

    def load(path: Path) -> tuple[Path, str, Any]:
        # rclip hashes the first megabyte and the last kilobyte; frames are seldom larger.
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with Image.open(path) as picture:
            return path, digest, clip.preprocess(picture.convert("RGB"))

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        db = sqlite3.connect(Path(folder) / "db.sqlite3")
        db.execute("CREATE TABLE images (path TEXT PRIMARY KEY, hash TEXT, vector BLOB)")
        db.execute("CREATE INDEX by_hash ON images (hash)")
        waiting = deque(pool.submit(load, path) for path in islice(files, max(24, workers)))
        batch: list[tuple[Path, str, Any]] = []
        while waiting:
            loaded = waiting.popleft().result()
            waiting.extend(pool.submit(load, path) for path in islice(files, 1))
            db.execute("SELECT vector FROM images WHERE hash = ?", (loaded[1],)).fetchone()
            batch.append(loaded)
            if len(batch) == 8 or not waiting:
                prepared = torch.stack([picture for _, _, picture in batch]).to(clip.device)
                with torch.inference_mode():
                    vectors = clip.model.encode_image(prepared, normalize=True).float().cpu().numpy()
                rows = [(str(p), h, v.tobytes()) for (p, h, _), v in zip(batch, vectors, strict=True)]
                db.executemany("INSERT INTO images VALUES (?, ?, ?)", rows)
                count += len(batch)
                batch.clear()
        db.commit()
        db.close()
    return count


def ready_tensors(root: Path, clip: Clip) -> list[torch.Tensor]:
    """Every image as the model takes it, in the batches of an index build, float32 [n, 3, h, w]."""
    prepared = [clip.prepare(read_image(s.image, at_least=draft_size(clip))) for s in list_samples(open_dataset(root))]
    return list(torch.stack(prepared).split(32))


def model_alone(batches: list[torch.Tensor], _: Path, clip: Clip) -> int:
    """The model's own rate: a bare loop over tensors that are ready."""
    with torch.inference_mode():
        for batch in batches:
            clip.model.encode_image(batch.to(clip.device), normalize=True)
    return sum(len(b) for b in batches)


WAYS: dict[str, Callable[[Path, Clip], int]] = {
    "ours": ours,
    "plain open_clip loop": plain_loop,
    "rclip's way": rclips_way,
}


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clip = load_clip(arguments.model)
    best: dict[str, float] = {}
    first = next(list_samples(open_dataset(arguments.dataset))).image
    clip.encode_images([Image.open(first)])
    batches = ready_tensors(arguments.dataset, clip)
    alone: Callable[[Path, Clip], int] = partial(model_alone, batches)
    ways = {**WAYS, "the model alone": alone}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            count = way(arguments.dataset, clip)
            best[name] = max(best.get(name, 0.0), count / (time.perf_counter() - start))
    rows = [("way", "images/s", "ours is"), *((n, f"{v:.1f}", f"{best['ours'] / v:.2f}x") for n, v in best.items())]
    publish(
        f"{clip.identity} on {clip.device}, best of {arguments.rounds}",
        rows,
        {"images_per_second": best},
        arguments.json,
    )


if __name__ == "__main__":
    main()
