"""What the tiny models know: a fixed list of visual concepts, the words for each, and whether a drawn scene shows it.

Truth comes from a scene's description (a line of scenes.jsonl) and has three values: shown, not shown, and "too small
to call", for what is there but covers so little of the picture that a person would hesitate. Such pairs are neither
trained on nor counted in a benchmark.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Description = dict[str, Any]
Truth = Callable[[Description], bool | None]


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


_LEAST_SHARE = {
    "car": 0.0025,
    "truck": 0.004,
    "bus": 0.004,
    "train": 0.006,
    "motorcycle": 0.0015,
    "bicycle": 0.0012,
    "person": 0.0012,
    "rider": 0.0012,
    "sign": 0.0012,
    "traffic light": 0.0010,
}
"""Share of the picture from which an object of a kind counts as seen."""
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


def share(thing: Description, scene: Description) -> float:
    """An object's visible share of the picture, 0..1."""
    width, height = scene.get("size", (640, 360))
    return float(thing["pixels"] / (width * height))


def seen(scene: Description, kind: str, color: str | None = None) -> list[Description]:
    """The objects of a kind (and colour) that are large enough to be called, largest first."""
    least = _LEAST_SHARE[kind]
    found = [o for o in scene["objects"] if o["kind"] == kind and (color is None or o["color"] == color)]
    return sorted((o for o in found if share(o, scene) >= least), key=lambda o: -int(o["pixels"]))


def shows(scene: Description, kind: str, color: str | None = None) -> bool | None:
    """Whether an object of this kind and colour is in the picture; None if all of them are too small."""
    if seen(scene, kind, color):
        return True
    there = any(o["kind"] == kind and (color is None or o["color"] == color) for o in scene["objects"])
    return None if there else False


def _is(key: str, value: object) -> Truth:
    return lambda scene: bool(scene[key] == value)


def _falling(kind: str, heavy: bool) -> Truth:
    return lambda scene: bool(scene["weather"] == kind and (scene["heavy"] or not heavy))


def _covers(class_name: str, least: float, trace: float) -> Truth:
    def truth(scene: Description) -> bool | None:
        percent = scene["classes"].get(class_name, 0.0)
        return True if percent >= least else False if percent <= trace else None

    return truth


def _works(scene: Description) -> bool | None:
    if scene["works"] is None:
        return False
    kinds = ("cone", "barrier board", "excavator")
    return True if sum(share(o, scene) for o in scene["objects"] if o["kind"] in kinds) >= 0.003 else None


def _jam(scene: Description) -> bool | None:
    if scene["jam"]:
        return True
    return False if vehicles(scene) <= 5 else None


def vehicles(scene: Description) -> int:
    """How many cars, trucks and buses are large enough to be called."""
    return sum(len(seen(scene, kind)) for kind in ("car", "truck", "bus"))


def _empty(scene: Description) -> bool | None:
    if any(seen(scene, kind) for kind in ("car", "truck", "bus", "motorcycle", "train")):
        return False
    there = [o for o in scene["objects"] if o["kind"] in ("car", "truck", "bus", "motorcycle", "train")]
    return True if sum(share(o, scene) for o in there) < 0.001 else None


def _plate(scene: Description) -> bool | None:
    width = scene.get("size", (640, 360))[0]
    widest = max((o.get("plate_px", 0) / width for o in scene["objects"]), default=0.0)
    return True if widest >= 0.038 else False if widest <= 0.02 else None


def _light(color: str) -> Truth:
    return lambda scene: shows(scene, "traffic light", color)


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
        _is("place", "forest"),
        "place",
    ),
    Concept(
        "desert road",
        ("a desert road", "the desert", "a road through the sand", "dry empty land"),
        ("through the desert", "in the desert", "across the sand", "through dry land"),
        _is("place", "desert"),
        "place",
    ),
    Concept(
        "city street",
        ("a city street", "the city", "downtown", "an urban street", "a street with tall buildings"),
        ("through the city", "in the city", "downtown", "in town", "between tall buildings"),
        _is("place", "city"),
        "place",
    ),
    Concept(
        "highway",
        ("a highway", "a motorway", "a freeway", "the autobahn"),
        ("on the highway", "on the motorway", "on the freeway", "along the highway"),
        _is("place", "highway"),
        "place",
    ),
    Concept(
        "residential street",
        ("a residential street", "a suburb", "a street with houses", "a quiet neighbourhood"),
        ("through the suburbs", "in a residential area", "past the houses", "in my neighbourhood"),
        _is("place", "residential"),
        "place",
    ),
    Concept(
        "daytime",
        ("daytime", "daylight", "broad daylight"),
        ("by day", "during the day", "in daylight"),
        _is("time", "day"),
        "time",
    ),
    Concept(
        "dusk",
        ("dusk", "sunset", "twilight", "the evening"),
        ("at dusk", "at sunset", "in the evening", "at twilight"),
        _is("time", "dusk"),
        "time",
    ),
    Concept(
        "night",
        ("night", "darkness", "a dark road"),
        ("at night", "in the dark", "after dark", "late at night"),
        _is("time", "night"),
        "time",
    ),
    Concept(
        "clear weather",
        ("clear weather", "a clear sky", "good weather", "dry weather"),
        ("in clear weather", "when the sky is clear", "in good weather", "when it is dry"),
        _is("weather", "clear"),
        "weather",
    ),
    Concept(
        "rain",
        ("rain", "rainy weather", "a wet road"),
        ("in the rain", "when it rains", "on a wet road", "while it is raining"),
        _falling("rain", False),
        "weather",
    ),
    Concept(
        "heavy rain",
        ("heavy rain", "a downpour", "pouring rain", "a rainstorm"),
        ("in heavy rain", "in a downpour", "when it pours", "in pouring rain"),
        _falling("rain", True),
        "weather",
    ),
    Concept(
        "snow",
        ("snow", "snowy weather", "a snowy road", "winter"),
        ("in the snow", "when it snows", "in winter", "while it is snowing"),
        _falling("snow", False),
        "weather",
    ),
    Concept(
        "heavy snow",
        ("heavy snow", "a snowstorm", "a blizzard", "dense snowfall"),
        ("in heavy snow", "in a snowstorm", "in a blizzard", "when it snows heavily"),
        _falling("snow", True),
        "weather",
    ),
    Concept(
        "fog",
        ("fog", "foggy weather", "mist", "poor visibility"),
        ("in fog", "when it is foggy", "in the mist", "in poor visibility"),
        _is("weather", "fog"),
        "weather",
    ),
    Concept(
        "traffic jam",
        ("a traffic jam", "heavy traffic", "a queue of cars", "congestion", "a long line of vehicles"),
        ("in a traffic jam", "in heavy traffic", "stuck in traffic", "at rush hour"),
        _jam,
        "traffic",
    ),
    Concept(
        "empty road",
        ("an empty road", "no cars at all", "a road without traffic", "a free road"),
        ("on an empty road", "with no traffic", "with nobody on the road"),
        _empty,
        "traffic",
    ),
    Concept(
        "construction site",
        ("a construction site", "road works", "orange cones", "a building site", "an excavator"),
        ("past a construction site", "past the road works", "through road works"),
        _works,
        "works",
    ),
    Concept(
        "visible licence plate",
        ("a visible licence plate", "a license plate", "a number plate", "a readable licence plate"),
        (),
        _plate,
        "plate",
    ),
    Concept("tall buildings", ("tall buildings", "buildings", "facades"), (), _covers("building", 8.0, 0.5), "side"),
    Concept("trees", ("trees", "vegetation", "greenery"), (), _covers("vegetation", 9.0, 1.0), "side"),
    Concept("wall", ("a wall", "a long wall"), (), _covers("wall", 2.0, 0.05), "side"),
    Concept("fence", ("a fence", "a guard rail", "a railing"), (), _covers("fence", 2.0, 0.05), "side"),
    Concept(
        "red traffic light",
        ("a red traffic light", "a red light", "a traffic light that is red"),
        ("at a red light",),
        _light("red"),
        "object",
    ),
    Concept(
        "green traffic light",
        ("a green traffic light", "a green light", "a traffic light that is green"),
        ("at a green light",),
        _light("green"),
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
