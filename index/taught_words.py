"""Searching with a CLIP that was taught few words: a search as its vocabulary understands it, as a question is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bddseg_tui.index.llava.local import DEMO
from bddseg_tui.index.search import Hit
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.vocabulary import Vocabulary, read_vocabulary


@dataclass(frozen=True)
class Understood:
    """Phrases to search with; `told` says which words the model was never taught, '' for none."""

    phrases: list[Phrase]
    told: str = ""


@lru_cache(maxsize=1)
def demo_vocabulary() -> Vocabulary | None:
    """The words that the demo CLIP was taught: those of the demo LLaVA."""
    return read_vocabulary(DEMO)


def understand(phrases: Sequence[Phrase], vocabulary: Vocabulary) -> Understood:
    """Corrects typing errors, and takes what each phrase names apart: "lorry at nite" is a truck, and night."""
    found: list[Phrase] = []
    told = ""
    for phrase in phrases:
        read = vocabulary.understand(phrase.text)
        named = vocabulary.named(read.text)
        told = told or vocabulary.unanswerable(read, named)
        found += [Phrase(name, phrase.weight) for name in named] or [Phrase(read.text or phrase.text, phrase.weight)]
        found += [Phrase(name, -abs(phrase.weight)) for name in read.avoided]
    return Understood(found, told)


def doubted(hits: Sequence[Hit]) -> list[Hit]:
    """The hits of a search of which not all words were understood: of none it is said that it fits."""
    return [replace(hit, verdict="unsure") if hit.verdict == "fits" else hit for hit in hits]
