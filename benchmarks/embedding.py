"""Images a second into an index: this program, a plain open_clip loop, and a loop as rclip's, one after another.

python -m benchmarks.embedding DATASET [--model demo] [--rounds 3] [--json FILE]

All three use the same model and the same files, and all of the machine. "rclip's way" is what rclip 3 does with
open_clip: batches of eight, decoded by threads, each encoded as it comes, a row of SQLite a vector: so its source says.
The package itself is not run: it pins a model of its own and versions of libraries that ours do not go with.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip, load_clip
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
    """Batches of eight; threads decode, the model waits for each batch; vectors go into SQLite."""
    files = [s.image for s in list_samples(open_dataset(root))]

    def load(path: Path) -> Any:
        with Image.open(path) as picture:
            return clip.preprocess(picture.convert("RGB"))

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(16) as pool:
        db = sqlite3.connect(Path(folder) / "db.sqlite3")
        db.execute("CREATE TABLE images (path TEXT PRIMARY KEY, vector BLOB)")
        batches = [files[at : at + 8] for at in range(0, len(files), 8)]
        waiting = [pool.map(load, batch) for batch in batches[:3]]
        for number, batch in enumerate(batches):
            prepared = torch.stack(list(waiting[number]))
            if number + 3 < len(batches):
                waiting.append(pool.map(load, batches[number + 3]))
            with torch.inference_mode():
                vectors = clip.model.encode_image(prepared.to(clip.device), normalize=True).float().cpu().numpy()
            rows = [(str(p), v.tobytes()) for p, v in zip(batch, vectors, strict=True)]
            db.executemany("INSERT INTO images VALUES (?, ?)", rows)
        db.commit()
        db.close()
    return len(files)


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
    for _ in range(arguments.rounds):
        for name, way in WAYS.items():
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
