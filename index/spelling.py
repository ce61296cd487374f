"""Words of a text, and typing errors among them, corrected to the words that a model knows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from symspellpy import SymSpell, Verbosity

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_CONTRACTION = re.compile(r"'(?:s|d|m|t|ve|ll|re)$")
SHORTEST_TYPO = 3
"""Shorter words are left as they are."""
_COMMON = 2_500_000
"""Counts in `english_words` below which a word is rather a typing error of a known one (forrest, buss)."""
_ORDINARY, _TAUGHT = 1, 2
"""What words count for the speller: those that name nothing, and those that name something, and more the more often."""


@dataclass(frozen=True)
class Corrected:
    """A text with its typing errors corrected.

    Attributes:
        text: the text.
        strange: words that are no English and near no known word.
    """

    text: str
    strange: frozenset[str]


class Speller:
    """Corrects typing errors with symspellpy, which knows neither a model's words nor that a common one is no error.

    Args:
        taught: words that name something, with how many phrases have them.
        ordinary: words that name nothing.
    """

    def __init__(self, taught: Mapping[str, int], ordinary: frozenset[str]) -> None:
        self._words = ordinary | taught.keys()
        self._near = SymSpell(max_dictionary_edit_distance=2, count_threshold=1)
        for word in sorted(self._words):
            self._near.create_dictionary_entry(word, _TAUGHT + taught[word] if word in taught else _ORDINARY)

    def correct(self, text: str, known: frozenset[str]) -> Corrected:
        """Corrects every word that is neither in `known` nor common English."""
        strange: set[str] = set()

        def read(match: re.Match[str]) -> str:
            word = base(match[0])
            count = english_words().get(word, 0)
            if word in known or count >= _COMMON or len(word) < SHORTEST_TYPO:
                return match[0]
            better = self._nearest(word, rare=count > 0)
            if better is None:
                if not count:
                    strange.add(word)
                return match[0]
            return better

        corrected = _WORD.sub(read, text)
        return Corrected(corrected, frozenset(strange))

    def _nearest(self, word: str, rare: bool) -> str | None:
        """The word that this one was meant to be; two words where a space is missing; None if there is none.

        A `rare` word of English has to be nearer, to a word that names something.
        """
        distance = 1 if rare or len(word) < 6 else 2
        if found := self._near.lookup(word, Verbosity.CLOSEST, max_edit_distance=distance):
            return None if rare and found[0].count < _TAUGHT else str(found[0].term)
        for at in range(2, len(word) - 1):
            if {word[:at], word[at:]} <= self._words:
                return f"{word[:at]} {word[at:]}"
        return None


@lru_cache(maxsize=1)
def english_words() -> dict[str, int]:
    """80,000 English words and how often each was counted, from symspellpy."""
    table = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = table.read_text(encoding="utf-8-sig").splitlines()
    return {word: int(count) for word, _, count in (line.partition(" ") for line in lines)}


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without what is drawn together with them."""
    return [base(m[0]) for m in _WORD.finditer(text)]


def base(word: str) -> str:
    """A word in small letters without what is drawn together with it: i'd, there's."""
    return _CONTRACTION.sub("", word.lower())


def stem(word: str) -> str:
    """A word in the singular; the same rule for phrases and questions, so it need not be good English."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
