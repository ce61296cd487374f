"""The words that a model was taught, where it comes with a list of them: `vocabulary.json` beside its weights.

A tiny model takes every word that it does not know for one that it does. So a question is read before the model sees
it: typing errors are corrected, what is to be left out is taken apart ("not in the rain"), and words that the model was
never taught are named.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter

from bddseg_tui.core.files.records import read_record
from bddseg_tui.index.spelling import SHORTEST_TYPO, Speller, stem, words_of

FILE = "vocabulary.json"
_LARGEST = 1_000_000
_ARTICLES = frozenset(
    """
    a an the of on in at by to is are it there this that with and i we when while where from for as some any be or
    """.split()  # noqa: SIM905
)
"""Words that a phrase may have or lack without meaning another thing."""
_NEGATION = re.compile(
    r"\b(?:(?:but|only|and|just)\s+)?(?:without(?:\s+any)?|with\s+no|not\s+(?:in|at|on|by|with|during)"
    r"|except(?:\s+(?:for|at|in|on|by|during))?|excluding|no|not|nobody|no\s*one|free\s+of)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.,;:!?]|\b(?:but|and|with|at|in|on|during|by|that|which)\b", re.IGNORECASE)
_NOBODY = re.compile(r"nobody|no\s*one", re.IGNORECASE)
_ASKS = re.compile(r"\?|\b(?:what|how|is|are|was|will|does|do|did|any|why|who)\b", re.IGNORECASE)
_GREETING = re.compile(r"^\s*good\s+(?:morning|day|afternoon|evening|night)\b[\s,.!]*", re.IGNORECASE)
_OTHER_COLOURS = frozenset(("purple", "pink", "brown", "violet", "beige", "golden", "turquoise", "magenta", "cyan"))
_VERB_ENDINGS = ("ing", "ed", "ly")
_ADJECTIVE_ENDINGS = ("y", "ful", "ous", "ish", "less", "est", "able")
_BEFORE_VERBS = frozenset(
    ("i", "you", "we", "they", "he", "she", "to", "can", "could", "would", "will", "should", "please")
)
_ENGLISH = 0.34
"""The share of words that are no English, above which a question is in another language, or in none."""


@dataclass(frozen=True)
class Understood:
    """A question as it was read.

    Attributes:
        text: what the model is asked: its typing errors corrected, without what is to be left out.
        unknown: words that the model was never taught and that may name something to see.
        passed_over: others that it was never taught, which are no nouns where they stand.
        avoided: concepts that the picture must not show.
        foreign: most of it is no English.
    """

    text: str
    unknown: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    avoided: tuple[str, ...] = ()
    foreign: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """What a model was taught.

    Attributes:
        model: what it is called in a sentence ("the demo models").
        knows: what it knows, in words for a person.
        phrases: each concept that it has a name for, with the phrases that mean it.
        ordinary: words that name nothing to see.
    """

    model: str
    knows: str
    phrases: dict[str, tuple[str, ...]]
    ordinary: tuple[str, ...]

    def to_json(self) -> str:
        """The text of its file."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    # -- reading a question ------------------------------------------------------------------------------------

    def understand(self, question: str) -> Understood:
        """Reads a question, as it was typed."""
        corrected = self._speller.correct(question, self._known)
        text = corrected.text
        words = words_of(text)
        text, avoided = self._without_avoided(_GREETING.sub("", text))
        left = words_of(text)
        strangers = [(at, w) for at, w in enumerate(left) if not self._is_known(w)]
        unknown = tuple(dict.fromkeys(w for at, w in strangers if self._may_name(left, at)))
        passed = tuple(dict.fromkeys(w for _, w in strangers if w not in unknown))
        foreign = bool(words) and sum(w in corrected.strange for w in words) / len(words) > _ENGLISH
        return Understood(text, unknown, passed, avoided, foreign)

    def corrected(self, question: str) -> str:
        """A question with its typing errors corrected."""
        return self._speller.correct(question, self._known).text

    def unanswerable(self, understood: Understood, anchors: Sequence[str]) -> str:
        """What to say where a question cannot be answered by a model that knows these words alone; else nothing."""
        if understood.foreign:
            why = f"{self.model.capitalize()} understand English alone, and few words of it."
        elif strange := understood.unknown or (() if anchors else understood.passed_over):
            words = ", ".join(f"“{w}”" for w in strange[:4])
            why = f"{self.model.capitalize()} were never taught {words}."
        elif not anchors:
            why = "That names nothing that a picture could show."
        else:
            return ""
        rest = f" What is shown fits the rest of it: {'; '.join(anchors)}." if anchors else ""
        return f"{why}{rest} They know {self.knows}; for all else choose a CLIP and a LLaVA in the settings."

    def supported(self, anchors: Iterable[str], question: str) -> list[str]:
        """Those of a model's anchors that the words of the question mean; of unknown ones those that stand in it.

        What a search names and the model forgot is added. What a question names may be what is asked of the picture.
        """
        words = set(_stems(question))
        found = [a for a in anchors if any(stems <= words for stems in self._stems_of(a))]
        if found and _ASKS.search(question):
            return found
        said = {w for a in found for w in _stems(a)}
        return found + [name for name in self.named(question) if not said.issuperset(_stems(name))]

    def named(self, text: str) -> list[str]:
        """The concepts that a text names, by phrases that stand in it, the longest first; none within another one."""
        stems = _stems(text)
        found: dict[str, tuple[int, int]] = {}
        taken: set[int] = set()
        for length in range(min(6, len(stems)), 0, -1):
            # The head of an English compound is its last word.
            for start in range(len(stems) - length, -1, -1):
                place = range(start, start + length)
                concept = self._by_phrase.get(" ".join(stems[start : start + length]))
                if concept is not None and concept not in found and not taken.intersection(place):
                    found[concept] = (start, length)
                    taken.update(place)
        return sorted(found, key=lambda c: found[c])

    def is_search(self, question: str) -> bool:
        """Whether it is nothing but the names of things: "a blue bus in the desert" asks nothing of a picture."""
        text = self.corrected(question)
        said = {s for name in self.named(text) for p in (name, *self.phrases[name]) for s in _stems(p)}
        return bool(said) and not _ASKS.search(text) and set(_stems(text)) <= said

    def as_noun(self, text: str) -> str | None:
        """A concept as a noun with its article; None where the text names none."""
        named = self.named(text)
        if not named:
            return None
        phrases = self.phrases[named[0]]
        return next((p for p in phrases if p.split()[0] in ("a", "an", "the") and named[0] in p), named[0])

    def _without_avoided(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text without what it wants left out, and the concepts that this names.

        "no cars" may itself be something to see, an empty road: a phrase of a concept is no negation.
        """
        avoided: list[str] = []
        at = 0
        while match := _NEGATION.search(text, at):
            at = match.end()
            rest = text[match.end() :]
            end = _CLAUSE_END.search(rest)
            clause = rest[: end.start()] if end else rest
            if self._is_something(match[0] + clause):
                continue
            concepts = self.named("person" if _NOBODY.search(match[0]) else clause)
            others = self.named(text[: match.start()] + rest[len(clause) :])
            if concepts and others:
                avoided += concepts
                text = f"{text[: match.start()].rstrip()} {rest[len(clause) :].lstrip()}".strip(" ,;")
                at = min(match.start(), len(text))
        return text, tuple(dict.fromkeys(avoided))

    def _is_something(self, clause: str) -> bool:
        """Whether words of negation are part of a phrase that names something: "no cars", an empty road."""
        stems = " ".join(_stems(clause))
        phrases = (p for c in self.named(clause) for p in self.phrases[c])
        return any(_NEGATION.search(p) and " ".join(_stems(p)) in stems for p in phrases)

    def _may_name(self, words: list[str], at: int) -> bool:
        """Whether an unknown word may be a noun, or a noun's colour: by its ending and the words around it.

        A tagger of parts of speech would tell better, and none is small enough to come with the program.
        """
        word, before, after = words[at], words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        if word in _OTHER_COLOURS:
            return True
        describes = after != "" and after not in _ARTICLES and word.endswith(_ADJECTIVE_ENDINGS)
        return not (describes or word.endswith(_VERB_ENDINGS) or before in _BEFORE_VERBS)

    # -- what is looked up -------------------------------------------------------------------------------------

    def _is_known(self, word: str) -> bool:
        return len(word) < SHORTEST_TYPO or word in self._known or stem(word) in self._known

    @cached_property
    def _spelt(self) -> frozenset[str]:
        """Every word of the phrases, and those that name nothing, as they are written."""
        return frozenset(self.ordinary) | {w for phrases in self.phrases.values() for p in phrases for w in words_of(p)}

    @cached_property
    def _known(self) -> frozenset[str]:
        return self._spelt | _ARTICLES | {stem(w) for w in self._spelt}

    @cached_property
    def _by_phrase(self) -> dict[str, str]:
        """Stems of each phrase -> its concept; the first one where two share it."""
        found: dict[str, str] = {}
        for concept, phrases in self.phrases.items():
            for phrase in (concept, *phrases):
                found.setdefault(" ".join(_stems(phrase)), concept)
        return found

    def _stems_of(self, concept: str) -> list[frozenset[str]]:
        """The stems of each phrase that means a concept; of one that is not known, its own."""
        return [s for p in self.phrases.get(concept, (concept,)) if (s := frozenset(_stems(p)))]

    @cached_property
    def _speller(self) -> Speller:
        taught = Counter(w for phrases in self.phrases.values() for p in phrases for w in words_of(p))
        return Speller(taught, frozenset(self.ordinary))


_FILE = TypeAdapter(Vocabulary)


def read_vocabulary(folder: Path) -> Vocabulary | None:
    """The vocabulary beside a model's weights; None where there is none.

    Raises:
        RecordError: the file makes no sense.
    """
    try:
        return read_record(_FILE, folder / FILE, _LARGEST)
    except FileNotFoundError:
        return None


def _stems(text: str) -> list[str]:
    """The words of a text in the singular, without articles and the like."""
    return [stem(w) for w in words_of(text) if w not in _ARTICLES]
