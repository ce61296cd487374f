"""Questions about a drawn scene and their true answers, in words; undecided ones are never asked."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from bddseg_tui.index.demo_models.concepts import (
    BY_NAME,
    CONCEPTS,
    PAINTS,
    PLURALS,
    Description,
    seen,
    shows,
    vehicles,
    with_article,
)


@dataclass(frozen=True)
class Asked:
    """A question about a picture.

    Attributes:
        about: what kind of question it is: "presence", "weather", "colour", ...
        text: the question, lower case, without a question mark.
        answer: a true answer, one sentence.
        value: the part of the answer that decides whether it is right.
        choices: every value that an answer to such a question can have.
        anchors: the concepts to search for where nothing else is said.
    """

    about: str
    text: str
    answer: str
    value: str
    choices: tuple[str, ...]
    anchors: tuple[str, ...] = ()

    def is_right(self, reply: str) -> bool:
        """Whether a reply says `value` and none of the other choices."""
        words = reply.lower().replace("grey", "gray")
        if self.choices == YES_NO:
            return words.lstrip(" \"'").startswith(self.value)
        for choice in sorted(self.choices, key=len, reverse=True):
            if choice in words:
                if choice != self.value:
                    return False
                words = words.replace(choice, " ")
                return not any(other in words for other in self.choices if other != choice)
        return False


YES_NO = ("yes", "no")
PLACES = {
    "city": "a city street",
    "highway": "a highway",
    "forest": "a forest road",
    "desert": "a desert road",
    "residential": "a residential street",
}
TIMES = {"day": "by day", "dusk": "at dusk", "night": "at night"}
WEATHERS = {"clear": "in clear weather", "rain": "in the rain", "snow": "in the snow", "fog": "in fog"}
SIDES = {"left": "on the left", "right": "on the right", "ahead": "ahead"}
COUNTS = ("no", "one", "two or three", "many")
_WEATHER_SAYS = {
    "clear": "the weather is clear",
    "rain": "it is raining",
    "snow": "it is snowing",
    "fog": "it is foggy",
}
_TIME_SAYS = {"day": "it is day", "dusk": "it is dusk", "night": "it is night"}
_PRESENCE: dict[str, tuple[str, ...]] = {
    "rain": ("is it raining", "does it rain", "is the road wet"),
    "heavy rain": ("is it raining heavily", "is it pouring", "is there heavy rain"),
    "snow": ("is it snowing", "does it snow", "is there snow"),
    "heavy snow": ("is it snowing heavily", "is there a snowstorm", "is there heavy snow"),
    "fog": ("is it foggy", "is there fog", "is the visibility poor"),
    "clear weather": ("is the sky clear", "is the weather good", "is it dry"),
    "night": ("is it night", "is it dark", "is it already dark"),
    "dusk": ("is it dusk", "is the sun setting", "is it evening"),
    "daytime": ("is it day", "is it daytime", "is it bright outside"),
    "traffic jam": ("is there a traffic jam", "is it a traffic jam", "is there much traffic", "is the traffic heavy"),
    "empty road": ("is the road empty", "is the road free", "is nobody on the road"),
    "construction site": ("is there a construction site", "are there road works", "is the road being repaired"),
    "visible licence plate": ("can you see a licence plate", "is a license plate visible", "is there a number plate"),
    "forest road": ("is this a forest", "are we in the woods", "is this a forest road"),
    "desert road": ("is this a desert", "are we in the desert", "is this a desert road"),
    "city street": ("is this a city", "are we downtown", "is this a city street"),
    "highway": ("is this a highway", "are we on a motorway", "is this a freeway"),
    "residential street": ("is this a residential street", "are there houses", "is this a suburb"),
    "red traffic light": ("is the traffic light red", "is there a red light", "do i have to stop at a red light"),
    "green traffic light": ("is the traffic light green", "is there a green light"),
}
_SEEING = (
    "is there {}",
    "can you see {}",
    "do you see {}",
    "is {} in the picture",
    "is {} on the road",
    "does the picture show {}",
)
_ANY = ("are there any {}", "are there {}", "can you see any {}", "do you see any {}", "any {} around")


def presence(concept: int, scene: Description | None, rng: random.Random, words: str | None = None) -> Asked | None:
    """A yes-or-no question about a concept; without a scene only its words matter; None where it can't be called."""
    known = CONCEPTS[concept]
    truth = known.truth(scene) if scene is not None else True
    if truth is None:
        return None
    kind = kind_of(concept)
    if words is None:
        if known.name in _PRESENCE and rng.random() < 0.8:
            words = rng.choice(_PRESENCE[known.name])
        elif kind and rng.random() < 0.4:
            color = known.name.split()[0] + " " if known.name.split()[0] in PAINTS.get(kind, ()) else ""
            words = rng.choice(_ANY).format(color + PLURALS[kind])
        else:
            words = rng.choice(_SEEING).format(rng.choice(known.nouns))
    answer = _yes_no(concept, scene, truth) if scene is not None else ""
    return Asked("presence", words, answer, "yes" if truth else "no", YES_NO, (known.name,))


def kind_of(concept: int) -> str | None:
    """The object kind that a concept is about, as descriptions call it."""
    name = CONCEPTS[concept].name
    for kind in PLURALS:
        words = {"person": "pedestrian", "rider": "rider", "sign": "traffic sign"}.get(kind, kind)
        if name == words or (kind in PAINTS and name.endswith(" " + words)):
            return kind
    return None


def _yes_no(concept: int, scene: Description, truth: bool) -> str:
    known, kind = CONCEPTS[concept], kind_of(concept)
    if known.group == "weather":
        return f"{'Yes' if truth else 'No'}, {weather_words(scene)}."
    if known.group == "time":
        return f"{'Yes' if truth else 'No'}, {_TIME_SAYS[scene['time']]}."
    if known.group == "place":
        return f"{'Yes' if truth else 'No'}, this is {PLACES[scene['place']]}."
    if known.name in ("traffic jam", "empty road"):
        return f"{'Yes' if truth else 'No'}, {traffic_words(scene)}."
    if not truth:
        return f"No, I see no {known.name.removeprefix('visible ')}."
    if kind:
        color = known.name.split()[0] if known.name.split()[0] in PAINTS.get(kind, ()) else None
        return f"Yes, there is {object_words(seen(scene, kind, color)[0])}."
    return f"Yes, I see {known.nouns[0]}."


def weather_words(scene: Description) -> str:
    """What is said of the weather."""
    heavily = " heavily" if scene["heavy"] else ""
    return _WEATHER_SAYS[scene["weather"]] + heavily


def traffic_words(scene: Description) -> str:
    """What is said of the traffic."""
    if scene["jam"]:
        return "there is a traffic jam"
    return "the road is empty" if CONCEPTS[BY_NAME["empty road"]].truth(scene) else "there is some traffic"


def object_words(thing: Description) -> str:
    """ "a red bus on the left": an object with its colour, where it has one that matters, and its side."""
    kind = {"person": "pedestrian", "rider": "rider", "sign": "traffic sign"}.get(thing["kind"], str(thing["kind"]))
    color = thing["color"] if thing["kind"] in (*PAINTS, "traffic light") else None
    return f"{with_article(f'{color} {kind}' if color else kind)} {SIDES[thing['side']]}"


def _weather(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(("what is the weather like", "how is the weather", "what weather is it", "what's the weather"))
    says = weather_words(scene)
    choices = (*_WEATHER_SAYS.values(), "it is raining heavily", "it is snowing heavily")
    return Asked("weather", text, _sentence(says), says, choices)


def _time(scene: Description, rng: random.Random) -> Asked | None:
    text = rng.choice(
        ("what time of day is it", "is it day or night", "when was this taken", "what is the time of day")
    )
    says = _TIME_SAYS[scene["time"]]
    return Asked("time", text, _sentence(says), says, tuple(_TIME_SAYS.values()))


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
    return Asked("traffic", text, _sentence(says), says, choices)


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


def _sentence(says: str) -> str:
    return says[0].upper() + says[1:] + "."


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
