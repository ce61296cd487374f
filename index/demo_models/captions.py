"""Captions for drawn scenes: a few concepts that a scene shows, put into words in many ways."""

import random

from bddseg_tui.index.demo_models.concepts import CONCEPTS

_FRAMES = ("{}", "{}", "{}", "a photo of {}", "a picture of {}", "a drive {}", "a street scene with {}", "a view of {}")


def caption(wanted: list[int], rng: random.Random) -> str:
    """Words for all the wanted concepts, in random order; lower case."""
    order = rng.sample(wanted, len(wanted))
    if len(order) > 1 and rng.random() < 0.2:
        return rng.choice((", ", "; ", " and ")).join(CONCEPTS[c].name for c in order)
    words = noun(order[0], rng)
    for number, concept in enumerate(order[1:], start=1):
        conditions = CONCEPTS[concept].conditions
        if conditions and rng.random() < 0.7:
            words += " " + rng.choice(conditions)
        else:
            last = number == len(order) - 1
            words += rng.choice((" with ", " and ", ", ") if last else (", ", " with ")) + noun(concept, rng)
    frame = rng.choice(_FRAMES)
    return words if frame == "a drive {}" else frame.format(words)


def noun(concept: int, rng: random.Random) -> str:
    """One of a concept's noun phrases, its canonical name as often as all others together."""
    known = CONCEPTS[concept]
    if rng.random() < 0.35:
        return known.name
    if known.conditions and rng.random() < 0.15:
        return rng.choice(known.conditions)
    return rng.choice(known.nouns)


def draw_wanted(shown: list[int], rng: random.Random) -> list[int]:
    """One to four of the concepts that a scene shows, no two of one group unless they are objects."""
    count = rng.choices((1, 2, 3, 4), (34, 36, 22, 8))[0]
    wanted: list[int] = []
    groups: set[str] = set()
    for concept in rng.sample(shown, len(shown)):
        group = CONCEPTS[concept].group
        if group in groups and group != "object":
            continue
        if group == "object" and sum(CONCEPTS[w].group == "object" for w in wanted) >= 2:
            continue
        groups.add(group)
        wanted.append(concept)
        if len(wanted) == count:
            break
    return wanted
