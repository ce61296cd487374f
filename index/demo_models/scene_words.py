"""What is said of a drawn scene and its objects: the words that questions, answers and their checks share."""

from bddseg_tui.index.demo_models.concepts import BY_NAME, CONCEPTS, PAINTS, with_article
from bddseg_tui.index.demo_models.scene_truth import Description

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
WEATHER_SAYS = {
    "clear": "the weather is clear",
    "rain": "it is raining",
    "snow": "it is snowing",
    "fog": "it is foggy",
}
TIME_SAYS = {"day": "it is day", "dusk": "it is dusk", "night": "it is night"}


def weather_words(scene: Description) -> str:
    """What is said of the weather."""
    heavily = " heavily" if scene["heavy"] else ""
    return WEATHER_SAYS[scene["weather"]] + heavily


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


def sentence(says: str) -> str:
    """What is said, as a sentence."""
    return says[0].upper() + says[1:] + "."
