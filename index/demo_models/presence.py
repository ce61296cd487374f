"""Questions whether something is there, to be answered with yes or no; undecided ones are never asked."""

import random

from bddseg_tui.index.demo_models.asked import YES_NO, Asked
from bddseg_tui.index.demo_models.concepts import CONCEPTS, PAINTS, PLURALS
from bddseg_tui.index.demo_models.scene_truth import Description, seen
from bddseg_tui.index.demo_models.scene_words import PLACES, TIME_SAYS, object_words, traffic_words, weather_words

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


def questions_about(name: str) -> tuple[str, ...]:
    """The questions that mean a concept without naming it."""
    return _PRESENCE.get(name, ())


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
        return f"{'Yes' if truth else 'No'}, {TIME_SAYS[scene['time']]}."
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
