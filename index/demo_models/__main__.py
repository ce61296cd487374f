"""`python -m bddseg_tui.index.demo_models DIR`: draws scenes and trains the two demo models.

From nothing to folders that can be loaded.

On two CPU cores the defaults take about two and a half hours; `--device cuda` with `--minutes 10` does better.
"""

import argparse
import sys
import time
from pathlib import Path

from bddseg_tui.index.demo_models.scenes import draw_scenes
from bddseg_tui.index.demo_models.train_clip import Recipe, train_clip
from bddseg_tui.index.demo_models.vocabulary import write_vocabulary

TRAIN_SEED, VALIDATION_SEED = 101, 303
"""Seeds of the scenes that the models are trained and watched on; benchmarks and the demo dataset use others."""


def main(words: list[str]) -> int:
    """Trains both, or one of them."""
    parser = argparse.ArgumentParser(prog="python -m bddseg_tui.index.demo_models", description=__doc__)
    parser.add_argument("folder", type=Path, help="where scenes and models go")
    parser.add_argument("--scenes", type=int, default=24_000)
    parser.add_argument("--minutes", type=float, default=90, help="for each of the two models")
    parser.add_argument("--only", choices=("clip", "llava"))
    parser.add_argument("--start", type=Path, help="a model's folder to go on from: CLIP's, with --only llava LLaVA's")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args(words)
    folder, begun = arguments.folder, time.monotonic()

    def report(done: int, total: int) -> None:
        if done % 1000 == 0:
            print(f"drawn {done:,} of {total:,} scenes after {time.monotonic() - begun:.0f} s", flush=True)

    train = draw_scenes(folder / "train", TRAIN_SEED, arguments.scenes, report=report)
    val = draw_scenes(folder / "val", VALIDATION_SEED, 1000)
    seconds = 60 * arguments.minutes
    if arguments.only != "llava":
        recipe = Recipe(seconds=seconds, device=arguments.device, start=arguments.start)
        train_clip(folder / "clip", train, val, recipe)
    if arguments.only != "clip":
        from bddseg_tui.index.demo_models.train_llava import train_llava

        start = arguments.start if arguments.only else None
        recipe = Recipe(seconds=seconds, batch=12, rate=1e-3, warmup=200, device=arguments.device, start=start)
        train_llava(folder / "llava", folder / "clip", train, val, recipe)
        write_vocabulary(folder / "llava")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
