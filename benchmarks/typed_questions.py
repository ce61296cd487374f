"""Questions as people type them, put to the demo models: errors, negations, other languages, unknown things.

python -m benchmarks.typed_questions [--count 1000] [--questions FILE] [--json FILE]

FILE is a CSV with kind, question, what the picture has to show and what it must not (concepts, with ";" between
them); nothing to show: that nothing fits is to be said, or that the words are not known. Each question goes the
whole way to an answer, with the vocabulary of the models before it and without, in one run.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.demo_models.concepts import BY_NAME, fits
from bddseg_tui.index.llava.local import LocalLlava, load_llava
from bddseg_tui.index.pipeline import Ask, ask
from bddseg_tui.index.search import Searcher
from benchmarks.haystack import Haystack, draw_haystack, searcher_over
from benchmarks.report import publish
from benchmarks.retrieval_quality import Tally

_ANSWER_TOKENS = 24


@dataclass(frozen=True)
class Typed:
    """A question of a person, and concepts that the picture has to show and must not show."""

    kind: str
    text: str
    shown: tuple[int, ...]
    avoided: tuple[int, ...]


def read_questions(path: Path) -> list[Typed]:
    """The questions of a CSV."""

    def concepts(cell: str) -> tuple[int, ...]:
        return tuple(BY_NAME[name] for name in cell.split(";") if name)

    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Typed(row["kind"], row["question"], concepts(row["shown"]), concepts(row["avoided"]))
            for row in csv.DictReader(lines)
        ]


def verdicts(haystack: Haystack, question: Typed) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Which scenes fit: int8 [N] of 1, 0, -1 (too small to call)."""
    if not question.shown:
        return np.zeros(len(haystack.scenes), np.int8)
    table = haystack.table.copy()
    avoided = list(question.avoided)
    table[:, avoided] = np.where(table[:, avoided] < 0, -1, 1 - table[:, avoided])
    return fits(table, [*question.shown, *avoided])


def put(question: Typed, searcher: Searcher, llava: LocalLlava, root: Path) -> int | None:
    """The image that is answered about; None where it is said that none is, or why the question cannot be answered."""
    asked = Ask(question.text, answer_tokens=_ANSWER_TOKENS)
    image = ask(asked, lambda: searcher, lambda: llava, root, lambda event: None, lambda: False).image
    return None if image is None else int(Path(image).stem)


def score(
    haystack: Haystack, questions: list[Typed], searcher: Searcher, llava: LocalLlava, root: Path
) -> Iterator[tuple[Typed, bool]]:
    """Each question whose truth can be told, and whether it was met rightly."""
    for question in questions:
        truth = verdicts(haystack, question)
        there = bool((truth == 1).any())
        if not there and (truth < 0).any():
            continue
        found = put(question, searcher, llava, root)
        if found is None or truth[found] >= 0:
            yield question, (truth[found] == 1 if found is not None else not there)


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--questions", type=Path, default=Path(__file__).with_name("typed_questions.csv"))
    parser.add_argument("--scenes", type=Path, default=Path(tempfile.gettempdir()) / "bddseg-haystack")
    parser.add_argument("--wrong", action="store_true", help="print what was not met rightly")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    haystack = draw_haystack(arguments.count, arguments.scenes)
    clip, llava = load_clip("demo"), load_llava("demo")
    vocabulary, questions = llava.vocabulary, read_questions(arguments.questions)
    columns: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(haystack.images):
            Image.fromarray(image).save(Path(folder) / f"{number}.png", compress_level=1)
        whole = searcher_over(haystack, clip)
        searcher = Searcher(clip, [f"{n}.png".encode() for n in range(len(haystack.scenes))], whole.matrix, None, "")
        for name, words in (("with", vocabulary), ("without", None)):
            llava.vocabulary, columns[name] = words, Tally()
            for question, right in score(haystack, questions, searcher, llava, Path(folder)):
                columns[name].note(question.kind, right)
                columns[name].note("a fitting image first" if question.shown else "says that nothing fits", right)
                if arguments.wrong and not right and words:
                    print(f"wrong: {question.kind}: {question.text}")
    kinds = sorted(columns["with"].asked)
    rows: list[tuple[str, ...]] = [("kind", "questions", *(f"{n} vocabulary" for n in columns))]
    rows += [(k, str(columns["with"].asked[k]), *(f"{c.share(k):.2f}" for c in columns.values())) for k in kinds]
    facts = {name: {k: tally.share(k) for k in kinds} for name, tally in columns.items()}
    publish(f"typed questions on {arguments.count:,} drawn scenes", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
