"""What the tiny models know: a fixed list of visual concepts, the words for each, and whether a drawn scene shows it.

Truth has three values (`scene_truth`); pairs that are too small to call are neither trained on nor counted in a
benchmark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.index.demo_models.scene_truth import (
    Description,
    Truth,
    covers,
    is_falling,
    is_value,
    shows,
    shows_empty_road,
    shows_jam,
    shows_light,
    shows_plate,
    shows_works,
)


@dataclass(frozen=True)
class Concept:
    """A thing a picture can show.

    Attributes:
        name: the anchor, in canonical words.
        nouns: noun phrases, as a caption or a search would use them; the first is the commonest.
        conditions: how a sentence about a drive names it ("through the forest"); empty where only nouns fit.
        truth: whether a described scene shows it; None where it is too small to call.
        group: concepts of a group shut each other out (a picture has one place), except objects and colours.
    """

    name: str
    nouns: tuple[str, ...]
    conditions: tuple[str, ...]
    truth: Truth
    group: str


OBJECT_NOUNS: dict[str, tuple[str, ...]] = {
    "car": ("car", "automobile", "vehicle"),
    "truck": ("truck", "lorry", "heavy goods vehicle"),
    "bus": ("bus", "coach", "city bus"),
    "train": ("train", "tram", "railway carriage", "streetcar"),
    "motorcycle": ("motorcycle", "motorbike", "moped"),
    "bicycle": ("bicycle", "bike", "pushbike"),
    "person": ("pedestrian", "person", "someone on foot"),
    "rider": ("rider", "cyclist", "someone riding a bike"),
    "sign": ("traffic sign", "road sign", "sign"),
    "traffic light": ("traffic light", "stop light", "traffic signal"),
}
PLURALS = {
    "car": "cars",
    "truck": "trucks",
    "bus": "buses",
    "train": "trains",
    "motorcycle": "motorcycles",
    "bicycle": "bicycles",
    "person": "people",
    "rider": "cyclists",
    "sign": "signs",
    "traffic light": "traffic lights",
}
PAINTS = {
    "car": ("white", "black", "silver", "gray", "red", "blue", "green", "yellow"),
    "truck": ("white", "red", "blue", "gray", "orange", "green"),
    "bus": ("yellow", "white", "red", "blue", "green", "orange"),
    "train": ("silver", "red", "blue", "green", "yellow"),
}
"""Colours in which a vehicle of a kind is drawn."""


def _object(kind: str, color: str | None = None) -> Concept:
    nouns = OBJECT_NOUNS[kind]
    prefix = f"{color} " if color else ""
    name = prefix + nouns[0]
    spellings = (prefix, prefix.replace("gray", "grey")) if color == "gray" else (prefix,)
    return Concept(
        name,
        tuple(with_article(p + noun) if not noun.startswith("someone") else noun for p in spellings for noun in nouns),
        (),
        lambda scene: shows(scene, kind, color),
        "object",
    )


def with_article(noun: str) -> str:
    """The noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


_SCENERY = [
    Concept(
        "forest road",
        ("a forest road", "a road through the woods", "the forest", "a drive through woodland", "trees on both sides"),
        ("through the forest", "by the forest", "past the forest", "in the woods", "along the trees"),
        is_value("place", "forest"),
        "place",
    ),
    Concept(
        "desert road",
        ("a desert road", "the desert", "a road through the sand", "dry empty land"),
        ("through the desert", "in the desert", "across the sand", "through dry land"),
        is_value("place", "desert"),
        "place",
    ),
    Concept(
        "city street",
        ("a city street", "the city", "downtown", "an urban street", "a street with tall buildings"),
        ("through the city", "in the city", "downtown", "in town", "between tall buildings"),
        is_value("place", "city"),
        "place",
    ),
    Concept(
        "highway",
        ("a highway", "a motorway", "a freeway", "the autobahn"),
        ("on the highway", "on the motorway", "on the freeway", "along the highway"),
        is_value("place", "highway"),
        "place",
    ),
    Concept(
        "residential street",
        ("a residential street", "a suburb", "a street with houses", "a quiet neighbourhood"),
        ("through the suburbs", "in a residential area", "past the houses", "in my neighbourhood"),
        is_value("place", "residential"),
        "place",
    ),
    Concept(
        "daytime",
        ("daytime", "daylight", "broad daylight"),
        ("by day", "during the day", "in daylight"),
        is_value("time", "day"),
        "time",
    ),
    Concept(
        "dusk",
        ("dusk", "sunset", "twilight", "the evening"),
        ("at dusk", "at sunset", "in the evening", "at twilight"),
        is_value("time", "dusk"),
        "time",
    ),
    Concept(
        "night",
        ("night", "darkness", "a dark road"),
        ("at night", "in the dark", "after dark", "late at night"),
        is_value("time", "night"),
        "time",
    ),
    Concept(
        "clear weather",
        ("clear weather", "a clear sky", "good weather", "dry weather"),
        ("in clear weather", "when the sky is clear", "in good weather", "when it is dry"),
        is_value("weather", "clear"),
        "weather",
    ),
    Concept(
        "rain",
        ("rain", "rainy weather", "a wet road"),
        ("in the rain", "when it rains", "on a wet road", "while it is raining"),
        is_falling("rain", False),
        "weather",
    ),
    Concept(
        "heavy rain",
        ("heavy rain", "a downpour", "pouring rain", "a rainstorm"),
        ("in heavy rain", "in a downpour", "when it pours", "in pouring rain"),
        is_falling("rain", True),
        "weather",
    ),
    Concept(
        "snow",
        ("snow", "snowy weather", "a snowy road", "winter"),
        ("in the snow", "when it snows", "in winter", "while it is snowing"),
        is_falling("snow", False),
        "weather",
    ),
    Concept(
        "heavy snow",
        ("heavy snow", "a snowstorm", "a blizzard", "dense snowfall"),
        ("in heavy snow", "in a snowstorm", "in a blizzard", "when it snows heavily"),
        is_falling("snow", True),
        "weather",
    ),
    Concept(
        "fog",
        ("fog", "foggy weather", "mist", "poor visibility"),
        ("in fog", "when it is foggy", "in the mist", "in poor visibility"),
        is_value("weather", "fog"),
        "weather",
    ),
    Concept(
        "traffic jam",
        ("a traffic jam", "heavy traffic", "a queue of cars", "congestion", "a long line of vehicles"),
        ("in a traffic jam", "in heavy traffic", "stuck in traffic", "at rush hour"),
        shows_jam,
        "traffic",
    ),
    Concept(
        "empty road",
        ("an empty road", "no cars at all", "a road without traffic", "a free road"),
        ("on an empty road", "with no traffic", "with nobody on the road"),
        shows_empty_road,
        "traffic",
    ),
    Concept(
        "construction site",
        ("a construction site", "road works", "orange cones", "a building site", "an excavator"),
        ("past a construction site", "past the road works", "through road works"),
        shows_works,
        "works",
    ),
    Concept(
        "visible licence plate",
        ("a visible licence plate", "a license plate", "a number plate", "a readable licence plate"),
        (),
        shows_plate,
        "plate",
    ),
    Concept("tall buildings", ("tall buildings", "buildings", "facades"), (), covers("building", 8.0, 0.5), "side"),
    Concept("trees", ("trees", "vegetation", "greenery"), (), covers("vegetation", 9.0, 1.0), "side"),
    Concept("wall", ("a wall", "a long wall"), (), covers("wall", 2.0, 0.05), "side"),
    Concept("fence", ("a fence", "a guard rail", "a railing"), (), covers("fence", 2.0, 0.05), "side"),
    Concept(
        "red traffic light",
        ("a red traffic light", "a red light", "a traffic light that is red"),
        ("at a red light",),
        shows_light("red"),
        "object",
    ),
    Concept(
        "green traffic light",
        ("a green traffic light", "a green light", "a traffic light that is green"),
        ("at a green light",),
        shows_light("green"),
        "object",
    ),
]
CONCEPTS: list[Concept] = [
    *_SCENERY,
    *(_object(kind) for kind in OBJECT_NOUNS),
    *(_object(kind, color) for kind, colors in PAINTS.items() for color in colors),
]
BY_NAME = {c.name: number for number, c in enumerate(CONCEPTS)}


def truths(scene: Description) -> NDArray[np.int8]:
    """int8 [len(CONCEPTS)]: 1 shown, 0 not shown, -1 too small to call."""
    values = [c.truth(scene) for c in CONCEPTS]
    return np.asarray([-1 if v is None else int(v) for v in values], np.int8)


def fits(table: NDArray[np.int8], wanted: list[int]) -> NDArray[np.int8]:
    """Which scenes show all the wanted concepts: int8 [N] of 1, 0, -1 (undecided), from truths [N, concepts]."""
    part = table[:, wanted]
    return np.where((part == 0).any(1), 0, np.where((part < 0).any(1), -1, 1)).astype(np.int8)
