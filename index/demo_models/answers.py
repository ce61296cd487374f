"""Questions about a drawn scene and their true answers, in words; undecided ones are never asked."""

import random
from collections.abc import Callable

from bddseg_tui.index.demo_models.asked import YES_NO, Asked
from bddseg_tui.index.demo_models.concepts import BY_NAME, CONCEPTS, PAINTS, PLURALS
from bddseg_tui.index.demo_models.presence import presence
from bddseg_tui.index.demo_models.scene_truth import Description, seen, shows, vehicles
from bddseg_tui.index.demo_models.scene_words import (
    COUNTS,
    PLACES,
    SIDES,
    TIME_SAYS,
    TIMES,
    WEATHER_SAYS,
    WEATHERS,
    object_words,
    sentence,
    traffic_words,
    weather_words,
)


def _weather(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(("what is the weather like", "how is the weather", "what weather is it", "what's the weather"))
    says = weather_words(scene)
    choices = (*WEATHER_SAYS.values(), "it is raining heavily", "it is snowing heavily")
    return Asked("weather", text, sentence(says), says, choices)


def _time(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(
        ("what time of day is it", "is it day or night", "when was this taken", "what is the time of day")
    )
    says = TIME_SAYS[scene["time"]]
    return Asked("time", text, sentence(says), says, tuple(TIME_SAYS.values()))


def _place(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(("where are we", "what kind of road is this", "what place is this", "what sort of street is it"))
    says = PLACES[scene["place"]]
    return Asked("place", text, f"This is {says}.", says, tuple(PLACES.values()))


def _traffic(scene: Description, rng: random.Random) -> Asked | None:
    if not scene["jam"] and (vehicles(scene) > 5 or CONCEPTS[BY_NAME["empty road"]].truth(scene) is None):
        return None
    text = rng.choice(("how is the traffic", "how much traffic is there", "what is the traffic like", "how busy is it"))
    says = traffic_words(scene)
    choices = ("there is a traffic jam", "the road is empty", "there is some traffic")
    return Asked("traffic", text, sentence(says), says, choices)


def _any_traffic(scene: Description, rng: random.Random) -> Asked | None:
    """Whether anyone else drives: "no" on an empty road alone, while a jam is what "much traffic" asks for."""
    asked = _traffic(scene, rng)
    if asked is None:
        return None
    text = rng.choice(("is there traffic", "is there any traffic", "will there be traffic", "is anyone on the road"))
    value = "no" if asked.value == "the road is empty" else "yes"
    return Asked("any traffic", text, f"{value.capitalize()}, {asked.value}.", value, YES_NO, ("traffic jam",))


def _single(scene: Description, rng: random.Random, kinds: tuple[str, ...]) -> Description | None:
    """The only object of some kind in the scene, with no smaller one beside it that could be meant."""
    ready = [k for k in kinds if sum(o["kind"] == k for o in scene["objects"]) == 1 and seen(scene, k)]
    return seen(scene, rng.choice(ready))[0] if ready else None


def _color(scene: Description, rng: random.Random) -> Asked | None:
    thing = _single(scene, rng, tuple(PAINTS))
    if thing is None:
        return None
    text = rng.choice(("what colour is the {}", "what color is the {}", "which colour does the {} have"))
    return _color_of(thing, text.format(thing["kind"]))


def _color_of(thing: Description, text: str) -> Asked:
    kind, color = thing["kind"], thing["color"]
    return Asked("colour", text, f"The {kind} is {color}.", color, _ALL_PAINTS, (kind,))


def _side(scene: Description, rng: random.Random) -> Asked | None:
    thing = _single(scene, rng, ("bus", "truck", "train", "motorcycle", "car"))
    if thing is None:
        return None
    text = rng.choice(("where is the {}", "on which side is the {}", "is the {} on the left or on the right"))
    return _side_of(thing, scene, text.format(thing["kind"]))


def _side_of(thing: Description, scene: Description, text: str) -> Asked | None:
    middle = (thing["box"][0] + thing["box"][2]) / 2 / scene.get("size", (640, 360))[0]
    if min(abs(middle - 0.4), abs(middle - 0.6)) < 0.04:
        return None
    kind, says = thing["kind"], SIDES[thing["side"]]
    return Asked("side", text, f"The {kind} is {says}.", says, tuple(SIDES.values()), (kind,))


def _count(scene: Description, rng: random.Random) -> Asked | None:
    kind = rng.choice(("car", "car", "person", "bus", "truck", "bicycle"))
    text = rng.choice(("how many {} are there", "how many {} do you see", "how many {} can you see"))
    return _counted(scene, kind, text.format(PLURALS[kind]))


def _counted(scene: Description, kind: str, text: str) -> Asked | None:
    clear, there = len(seen(scene, kind)), sum(o["kind"] == kind for o in scene["objects"])
    says, other = (COUNTS[min(n, 1) if n < 2 else 2 if n < 4 else 3] for n in (clear, there))
    if says != other:
        return None
    noun = PLURALS[kind] if says != "one" else kind
    anchor = {"person": "pedestrian"}.get(kind, kind)
    return Asked("count", text, f"I see {says} {noun}.", f"i see {says}", _COUNTS_SAID, (anchor,))


_ALL_PAINTS = tuple(sorted({color for paints in PAINTS.values() for color in paints}))
_COUNTS_SAID = tuple(f"i see {c}" for c in COUNTS)


def _describe(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(("describe the picture", "what do you see", "what is in the picture", "tell me what you see"))
    weather = f"in heavy {scene['weather']}" if scene["heavy"] else WEATHERS[scene["weather"]]
    says = f"{PLACES[scene['place']]} {TIMES[scene['time']]} {weather}"
    answer = says[0].upper() + says[1:] + "."
    if scene["jam"]:
        answer += " There is a traffic jam."
    if CONCEPTS[BY_NAME["construction site"]].truth(scene):
        answer += f" There is a construction site on the {scene['works']}."
    largest = [
        seen(scene, k)[0] for k in ("train", "bus", "truck", "car", "motorcycle", "rider", "person") if shows(scene, k)
    ]
    largest.sort(key=lambda o: -int(o["pixels"]))
    if largest:
        parts = [object_words(o) for o in largest[:3]]
        listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
        answer += f" I see {listed}."
    return Asked("describe", text, answer, says, (says,))


_MAKERS: dict[str, Callable[[Description, random.Random], Asked | None]] = {
    "weather": _weather,
    "time": _time,
    "place": _place,
    "traffic": _traffic,
    "any traffic": _any_traffic,
    "colour": _color,
    "side": _side,
    "count": _count,
    "describe": _describe,
}


def ask_about(scene: Description, rng: random.Random, kinds: tuple[str, ...] | None = None) -> Asked:
    """A random question about a scene, of one of the kinds: half of them whether something is there.

    Presence is asked as often of what is there as of what is not.
    """
    while True:
        wanted = rng.choice(kinds) if kinds else "presence" if rng.random() < 0.5 else rng.choice(tuple(_MAKERS))
        if wanted == "presence":
            truth = rng.random() < 0.5
            concept = rng.randrange(len(CONCEPTS))
            if CONCEPTS[concept].truth(scene) is not truth:
                continue
            asked = presence(concept, scene, rng)
        else:
            asked = _MAKERS[wanted](scene, rng)
        if asked is not None:
            return asked


def same_question(asked: Asked, scene: Description) -> Asked | None:
    """The question put to another scene: the same words with that scene's truth; None where it can't be called."""
    rng = random.Random(0)
    if asked.about == "presence":
        return presence(BY_NAME[asked.anchors[0]], scene, rng, asked.text)
    if asked.about in ("weather", "time", "place", "traffic", "any traffic", "describe"):
        return _MAKERS[asked.about](scene, rng)
    kind = {"pedestrian": "person"}.get(asked.anchors[0], asked.anchors[0])
    if asked.about == "count":
        return _counted(scene, kind, asked.text)
    only = _single(scene, rng, (kind,))
    if only is None:
        return None
    if asked.about == "colour":
        return _color_of(only, asked.text)
    return _side_of(only, scene, asked.text)
