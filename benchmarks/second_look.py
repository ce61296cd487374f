"""What a second look by the vision-language model gains and costs, on drawn scenes, and on a dataset's own masks.

python -m benchmarks.second_look [--count 1000] [--searches 40] [--candidates 5] [--llava demo] [--json FILE]
python -m benchmarks.second_look --dataset DIR [--images 100]

Searched is for one, two and three concepts, as often for what some scene shows as for what none does, with and without
the look at the best candidates. With a dataset, the model is asked of the classes of its masks in each image, and by
the area under the ROC curve it is said whether its yes tells anything there: 0.5 is chance.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.image_file import mask_shares, read_image
from bddseg_tui.index import prompts
from bddseg_tui.index.calibrate import measured
from bddseg_tui.index.class_words import NAMES, class_truth
from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.demo_models.concepts import CONCEPTS, fits
from bddseg_tui.index.llava import Llava
from bddseg_tui.index.llava.local import load_llava
from bddseg_tui.index.ranking_measures import area_under_roc
from bddseg_tui.index.search import Hit, Searcher
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.second_look import second_look
from benchmarks.haystack import Haystack, draw_haystack, searcher_over
from benchmarks.report import publish

_WORDS = (1, 2, 3)


@dataclass(frozen=True)
class Search:
    """What is searched for among which scenes; `fit` is 1, 0 or -1 of every scene of the haystack."""

    wanted: list[int]
    among: NDArray[np.int64]
    fit: NDArray[np.int8]

    @property
    def there(self) -> bool:
        """Whether any of them shows it."""
        return bool((self.fit[self.among] == 1).any())


def searches(haystack: Haystack, count: int) -> Iterator[Search]:
    """As many of one, two and three concepts, each as often there as not."""
    rng = random.Random(7)
    left = {(k, there): count for k in _WORDS for there in (True, False)}
    while any(left.values()):
        wanted = rng.sample(range(len(CONCEPTS)), rng.choice(_WORDS))
        groups = [CONCEPTS[c].group for c in wanted if CONCEPTS[c].group != "object"]
        fit = fits(haystack.table, wanted)
        # What no scene shows is rare of one concept: it is searched for among those that do not.
        alone = len(wanted) == 1 and rng.random() < 0.5
        found = Search(wanted, np.flatnonzero(fit == 0 if alone else fit >= 0), fit)
        sure = found.there or not (fit[found.among] < 0).any()
        if len(groups) == len(set(groups)) and sure and len(found.among) >= 30 and left[len(wanted), found.there]:
            left[len(wanted), found.there] -= 1
            yield found


def on_scenes(haystack: Haystack, searcher: Searcher, llava: Llava, count: int, candidates: int) -> dict[str, Any]:
    """Success@1, the cutoff's errors and the seconds of a look, by how many concepts are searched for."""
    outcomes: dict[tuple[str, str], list[tuple[float, bool, bool, bool]]] = {}
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for search in searches(haystack, count):
            part = replace(
                searcher,
                images=[f"{n}.png".encode() for n in search.among],
                matrix=searcher.matrix[search.among],
            )
            phrases = [Phrase(CONCEPTS[c].name) for c in search.wanted]
            hits = part.by_phrases(phrases, 9, group=False)
            for hit in hits[:candidates]:
                Image.fromarray(haystack.images[_number(hit)]).save(root / hit.image.decode(), compress_level=1)
            start = time.perf_counter()
            looked = second_look(hits, phrases, llava, root, candidates, lambda *_: None, lambda: False)
            seconds.append(time.perf_counter() - start)
            kind = "one concept" if len(search.wanted) == 1 else "two or three"
            for way, best in (("without", hits[0]), ("with", looked[0])):
                right = bool(search.fit[_number(best)] == 1)
                said = (best.confidence, right, search.there, best.verdict == "nothing")
                outcomes.setdefault((kind, way), []).append(said)
    found: dict[str, Any] = {f"{kind}, {way}": _figures(o) for (kind, way), o in sorted(outcomes.items())}
    return {**found, "seconds": {"median": float(np.median(seconds)), "p95": float(np.quantile(seconds, 0.95))}}


def _figures(outcomes: list[tuple[float, bool, bool, bool]]) -> dict[str, float]:
    error = measured([o[:3] for o in outcomes], [o[3] for o in outcomes])
    there = [o for o in outcomes if o[2]]
    kept = {k: float(error[k]) for k in ("nothing", "fits", "unsure", "calibration")}
    return {"success@1": float(np.mean([o[1] for o in there])), **kept, "searches": len(outcomes)}


def _number(hit: Hit) -> int:
    return int(Path(hit.image.decode()).stem)


def on_masks(root: Path, llava: Llava, count: int) -> dict[str, Any]:
    """Area under the ROC curve of the model's yes, by class, on labelled images drawn evenly."""
    samples = [s for s in list_samples(open_dataset(root)) if s.mask is not None]
    chosen = random.Random(3).sample(samples, min(count, len(samples)))
    chances = np.zeros((len(chosen), len(NAMES)))
    truth = np.zeros((len(chosen), len(NAMES)), np.int8)
    for row, sample in enumerate(chosen):
        assert sample.mask is not None
        truth[row] = class_truth(np.asarray(mask_shares(sample.mask)[: len(NAMES)]))
        picture = read_image(sample.image, at_least=(672, 672))
        for column, name in enumerate(NAMES):
            noun = llava.vocabulary.as_noun(name) if llava.vocabulary else name
            if noun:
                question = f"does the picture show {noun}?"
                asked = prompts.answer_messages(question) if llava.vocabulary else prompts.look_messages(noun)
                chances[row, column] = llava.chance_of_yes(asked, picture, lambda: False)
    areas = {}
    for column, name in enumerate(NAMES):
        shown, absent = (chances[truth[:, column] == value, column] for value in (1, 0))
        if min(len(shown), len(absent)) >= 5 and chances[:, column].any():
            areas[name] = float(area_under_roc(shown, absent))
    return {"images": len(chosen), "area": areas, "mean area": float(np.mean(list(areas.values())))}


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument("--candidates", type=int, default=5)
    parser.add_argument("--llava", default="demo")
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--scenes", type=Path, default=Path(tempfile.gettempdir()) / "bddseg-haystack")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    llava = load_llava(arguments.llava)
    if arguments.dataset is not None:
        facts = on_masks(arguments.dataset, llava, arguments.images)
        areas = [(name, f"{area:.3f}") for name, area in {**facts["area"], "mean": facts["mean area"]}.items()]
        publish(f"a yes on {facts['images']} images", [("class", "area under ROC"), *areas], facts, arguments.json)
        return
    haystack = draw_haystack(arguments.count, arguments.scenes)
    searcher = searcher_over(haystack, load_clip("demo"))
    facts = on_scenes(haystack, searcher, llava, arguments.searches, arguments.candidates)
    head = ("searches", "success@1", "nothing", "fits", "unsure", "calibration")
    rows: list[tuple[str, ...]] = [("what", *head)]
    for name, figures in facts.items():
        if name != "seconds":
            rows.append((name, str(figures["searches"]), *(f"{figures[k]:.3f}" for k in head[1:])))
    times = (f"{v:.2f}" for v in facts["seconds"].values())
    rows.append(("seconds of a look, median and p95", *times, *[""] * (len(head) - 2)))
    publish(f"a second look at {arguments.candidates} of {arguments.count:,} scenes", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
