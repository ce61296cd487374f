"""How well questions find images and are answered, on drawn scenes whose seed no model was trained on.

python -m benchmarks.retrieval_quality [--count 1000] [--questions 200] [--clip demo] [--llava demo] [--json FILE]

In the manner of Visual Haystacks (Wu et al., ICLR 2025): a question names the picture that it is about (anchors) and
asks something about it (the target); it is answered about the right image, the image that is found, and no image. Every
scene that shows all anchors counts as right, and scenes where one of them is too small to call count as nothing.
"""

import argparse
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.index import prompts
from bddseg_tui.index.anchor_reply import parse_anchors
from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.demo_models.concepts import CONCEPTS, fits
from bddseg_tui.index.demo_models.questions import (
    Question,
    any_search,
    ask_with_context,
    dress,
    request,
    write_question,
)
from bddseg_tui.index.demo_models.scene_truth import Description
from bddseg_tui.index.llava import Llava, all_said, reply
from bddseg_tui.index.llava.local import load_llava
from bddseg_tui.index.query import ANCHOR_TOKENS
from bddseg_tui.index.search import FUSIONS, Hit, Searcher
from bddseg_tui.index.search_language import Phrase
from benchmarks.haystack import SEED, Haystack, draw_haystack, searcher_over
from benchmarks.report import publish

_LIMIT = 48
Facts = list[tuple[str, float]]


@dataclass
class Tally:
    """Counts of right and asked, by name."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def note(self, name: str, right: bool) -> None:
        """Counts one question, and whether its answer was right."""
        self.right[name] += right
        self.asked[name] += 1

    def share(self, name: str) -> float:
        """The share (0..1) of right answers; NaN where nothing was asked."""
        return self.right[name] / self.asked[name] if self.asked[name] else float("nan")


def place_of_first_fit(hits: list[Hit], fit: NDArray[np.int8]) -> int | None:
    """The rank (from 0) of the first hit that fits, leaving out those that can't be called."""
    decided = [fit[int(h.image)] for h in hits if fit[int(h.image)] >= 0]
    return decided.index(1) if 1 in decided else None


def measure_search(
    haystack: Haystack, searcher: Searcher, questions: list[Question], anchors: list[list[str]]
) -> dict[str, Any]:
    """Success@1/5/10 and MRR of each way to search."""
    found: dict[str, Any] = {}
    ways: dict[str, Any] = {f"anchors, {fusion}": (anchors, fusion) for fusion in FUSIONS}
    ways["true anchors, product"] = ([[CONCEPTS[c].name for c in q.wanted] for q in questions], "product")
    ways["raw question"] = ([[q.text] for q in questions], "mean")
    for name, (phrases, fusion) in ways.items():
        tally, reciprocal = Tally(), 0.0
        for question, words in zip(questions, phrases, strict=True):
            hits = searcher.by_phrases([Phrase(w) for w in words or [question.text]], 40, fusion=fusion, group=False)
            place = place_of_first_fit(hits, fits(haystack.table, question.wanted))
            reciprocal += 0.0 if place is None else 1 / (1 + place)
            for k in (1, 5, 10):
                tally.note(f"success@{k}", place is not None and place < k)
        found[name] = {f"success@{k}": tally.share(f"success@{k}") for k in (1, 5, 10)}
        found[name]["mrr"] = reciprocal / len(questions)
    return found


def measure_abstention(haystack: Haystack, searcher: Searcher, rng: random.Random, count: int) -> dict[str, float]:
    """What is said of pairs and triples of anchors that no scene shows, and that some scene shows."""
    tally = Tally()
    while min(tally.asked["absent"], tally.asked["present"]) < count:
        wanted = rng.sample(range(len(CONCEPTS)), rng.choice((2, 2, 3)))
        groups = [CONCEPTS[c].group for c in wanted if CONCEPTS[c].group != "object"]
        if len(groups) != len(set(groups)):
            continue
        fit = fits(haystack.table, wanted)
        kind = "present" if (fit == 1).any() else "absent" if (fit == 0).all() else ""
        if not kind or tally.asked[kind] >= count:
            continue
        hits = searcher.by_phrases([Phrase(CONCEPTS[c].name) for c in wanted], 1)
        said = hits[0].verdict
        tally.note(kind, said != ("fits" if kind == "absent" else "nothing"))
        tally.note(f"{kind}, unsure", said == "unsure")
    return {
        "does not claim a fit when nothing fits": tally.share("absent"),
        "can't tell when nothing fits": tally.share("absent, unsure"),
        "does not say that nothing fits when something does": tally.share("present"),
        "can't tell when something fits": tally.share("present, unsure"),
    }


def anchor_f1(questions: list[Question], anchors: list[list[str]]) -> float:
    """Micro F1 of anchors against the concepts that the question names."""
    hit = said = wanted = 0
    for question, words in zip(questions, anchors, strict=True):
        true = {CONCEPTS[c].name for c in question.wanted}
        hit, said, wanted = hit + len(true & set(words)), said + len(words), wanted + len(true)
    return 2 * hit / (said + wanted)


def measure_answers(
    haystack: Haystack,
    searcher: Searcher,
    llava: Llava,
    questions: list[Question],
    anchors: list[list[str]],
    sources: list[int],
) -> tuple[dict[str, float], dict[str, float]]:
    """Accuracy with the right image, with it and facts, with the image that is found, with none; and by kind."""
    tally, kinds = Tally(), Tally()

    def answer(text: str, image: int | None, facts: Facts | None = None) -> str:
        messages = prompts.answer_messages(text, facts=facts)
        if image is None:
            return reply(llava, [prompts.Message("user", messages[0].text)], _LIMIT)
        picture = Image.fromarray(haystack.images[image])
        return all_said(llava.stream(messages, picture, _LIMIT, lambda: False))

    for question, words, source in zip(questions, anchors, sources, strict=True):
        asked = question.asked
        assert asked is not None
        right = asked.is_right(answer(question.text, source))
        tally.note("right image", right)
        kinds.note(asked.about, right)
        shares = sorted(haystack.scenes[source]["classes"].items(), key=lambda pair: -pair[1])
        tally.note("right image and facts", asked.is_right(answer(question.text, source, shares)))
        tally.note("no image", asked.is_right(answer(question.text, None)))
        phrases = [Phrase(w) for w in words or [question.text]]
        best = int(searcher.by_phrases(phrases, 1, group=False)[0].image)
        truth = true_answer(question, haystack.scenes[best])
        if truth is not None:
            told = truth.is_right(answer(question.text, best))
            tally.note("found image", told)
            fitting = fits(haystack.table[best : best + 1], question.wanted)[0]
            if fitting >= 0:
                tally.note("end to end: found image fits and answer is true", bool(told and fitting == 1))
    return {n: tally.share(n) for n in tally.asked}, {f"{n} ({kinds.asked[n]})": kinds.share(n) for n in kinds.asked}


def measure_requests(haystack: Haystack, llava: Llava, sources: list[int]) -> float:
    """How often "show me a bus at night", put to a picture, is met with its true place, time and weather."""
    rng, tally = random.Random(13), Tally()
    for source in sources:
        shown = np.flatnonzero(haystack.table[source] == 1).tolist()
        asked = request(shown, haystack.scenes[source], rng)
        messages = prompts.answer_messages(dress(asked.text, rng, mark=False))
        picture = Image.fromarray(haystack.images[source])
        tally.note("described", asked.is_right(all_said(llava.stream(messages, picture, _LIMIT, lambda: False))))
    return tally.share("described")


def true_answer(question: Question, scene: Description) -> Any:
    """The same question's truth for another scene; None where it can't be called there."""
    from bddseg_tui.index.demo_models.answers import same_question

    assert question.asked is not None
    return same_question(question.asked, scene)


def measure(haystack: Haystack, searcher: Searcher, llava: Llava, count: int, with_answers: bool) -> dict[str, float]:
    """Everything over one haystack."""

    def anchors_of(texts: list[str]) -> list[list[str]]:
        return [parse_anchors(reply(llava, prompts.anchor_messages(t), ANCHOR_TOKENS)) for t in texts]

    found: dict[str, float] = {}
    for unseen in (True, False):
        rng = random.Random(11 + unseen)
        sources = [rng.randrange(len(haystack.scenes)) for _ in range(count)]
        shown = [np.flatnonzero(haystack.table[s] == 1).tolist() for s in sources]
        pairs = list(zip(shown, sources, strict=True))
        questions = [write_question(w, haystack.scenes[s], rng, unseen) for w, s in pairs]
        anchors = anchors_of([dress(q.text, rng, mark=q.asked is not None) for q in questions])
        suffix = " (wordings never trained on)" if unseen else ""
        found[f"anchor F1{suffix}"] = anchor_f1(questions, anchors)
    own = random.Random(17)
    searches = [any_search(own) for _ in range(count)]
    said = anchors_of([dress(q.text, own, mark=False) for q in searches])
    found["anchor F1 (searches for things that need not occur together)"] = anchor_f1(searches, said)
    for way, values in measure_search(haystack, searcher, questions, anchors).items():
        found |= {f"{way}: {name}": value for name, value in values.items()}
    found |= measure_abstention(haystack, searcher, random.Random(5), 100)
    if with_answers:
        asking = [ask_with_context(w, haystack.scenes[s], rng) for w, s in pairs]
        words = anchors_of([q.text for q in asking])
        overall, kinds = measure_answers(haystack, searcher, llava, asking, words, sources)
        found |= {f"answers, {n}": v for n, v in overall.items()}
        found["answers, a search met with a true description"] = measure_requests(haystack, llava, sources)
        found |= {f"right image, {n}": v for n, v in sorted(kinds.items())}
    return found


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--clip", default="demo")
    parser.add_argument("--llava", default="demo")
    parser.add_argument("--scenes", type=Path, default=Path(tempfile.gettempdir()) / "bddseg-haystack")
    parser.add_argument("--no-answers", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    clip, llava = load_clip(arguments.clip), load_llava(arguments.llava)
    facts: dict[str, Any] = {"clip": clip.identity, "llava": arguments.llava}
    rows: list[tuple[str, ...]] = [("measure", *(f"N={n:,}" for n in arguments.count))]
    columns: list[dict[str, float]] = []
    for count in arguments.count:
        haystack = draw_haystack(count, arguments.scenes)
        found = measure(haystack, searcher_over(haystack, clip), llava, arguments.questions, not arguments.no_answers)
        columns.append(found)
        facts[str(count)] = found
    names = list(dict.fromkeys(n for c in columns for n in c))
    rows += [(n, *(f"{c[n]:.3f}" if n in c else "" for c in columns)) for n in names]
    publish(f"retrieval on scenes of seed {SEED}, {arguments.questions} questions", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
