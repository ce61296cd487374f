"""The words that the tiny models were taught, as `vocabulary.json` beside their weights (`index.vocabulary`)."""

from pathlib import Path

from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.index.demo_models.concepts import CONCEPTS, OBJECT_NOUNS, PLURALS
from bddseg_tui.index.demo_models.presence import kind_of, questions_about
from bddseg_tui.index.vocabulary import Vocabulary

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "car": ("auto", "motorcar", "sedan", "suv", "hatchback"),
    "truck": ("hgv", "articulated lorry", "semi truck", "pickup"),
    "bus": ("omnibus", "autobus", "motor coach"),
    "train": ("tramway", "trolley", "light rail", "railcar"),
    "motorcycle": ("motor bike", "motor cycle", "scooter"),
    "bicycle": ("cycle", "push bike"),
    "pedestrian": ("people", "human", "man", "men", "woman", "women", "walker", "someone walking", "folk", "passer by"),
    "rider": ("bicyclist", "biker"),
    "traffic sign": ("street sign", "stop sign", "signpost", "signage"),
    "traffic light": ("stoplight", "signal", "traffic lamp"),
    "forest road": ("forest", "woodland", "wood", "forested"),
    "desert road": ("desert", "sand", "sandy", "dune"),
    "city street": ("city", "urban", "town", "downtown"),
    "highway": ("expressway", "interstate", "motorway"),
    "residential street": ("residential", "suburban", "suburb", "house", "neighborhood", "neighbourhood"),
    "daytime": ("day", "noon", "midday", "daylight"),
    "dusk": ("nightfall", "evening", "sundown"),
    "night": ("nighttime", "night time", "midnight", "dark"),
    "clear weather": ("sunny", "sunshine", "sun", "blue sky", "cloudless", "fair weather"),
    "rain": ("rainy", "raining", "rained", "drizzle", "drizzling", "shower", "wet"),
    "heavy rain": ("torrential rain", "pouring", "cloudburst", "raining hard", "storm"),
    "snow": ("snowy", "snowing", "snowfall", "wintry"),
    "heavy snow": ("snowing hard",),
    "fog": ("foggy", "misty", "haze", "hazy"),
    "traffic jam": (
        "jam", "jammed", "gridlock", "congested", "tailback", "crowded", "busy", "traffic", "bumper to bumper",
    ),
    "empty road": (
        "deserted", "quiet road", "without traffic", "without car", "without vehicle", "no car", "no vehicle",
        "no traffic", "free of traffic", "free of car",
    ),
    "construction site": ("roadworks", "road work", "digger", "cone", "construction", "building work"),
    "visible licence plate": ("licence plate", "license plate", "registration plate", "plate"),
    "tall buildings": ("building", "skyscraper", "high rise", "highrise", "tower block"),
    "trees": ("tree", "greenery", "foliage"),
    "fence": ("guardrail", "barrier"),
    "red traffic light": ("red stoplight", "light is red", "light that is red"),
    "green traffic light": ("green stoplight", "light is green", "light that is green"),
}  # fmt: skip
"""Words of people that none of the training sentences had; the first words of each question that mean a concept."""


def demo_vocabulary() -> Vocabulary:
    """What the tiny models know, in words."""
    return Vocabulary(
        model="the demo models",
        knows=(
            "roads in cities, suburbs, forests and deserts and highways, day, dusk and night, rain, snow and fog, "
            "traffic jams and road works, cars, trucks, buses, trains, bicycles, motorcycles, people, signs and lights"
        ),
        phrases={concept.name: _phrases(number) for number, concept in enumerate(CONCEPTS)},
        ordinary=tuple(Path(__file__).with_name("ordinary_words.txt").read_text().split()),
    )


def _phrases(number: int) -> tuple[str, ...]:
    """All that names a concept: as it was taught, in the plural, and in other people's words."""
    concept, kind = CONCEPTS[number], kind_of(number)
    found = [concept.name, *concept.nouns, *concept.conditions, *questions_about(concept.name)]
    found += _SYNONYMS.get(concept.name, ())
    if kind:
        colour = concept.name.split()[0] if concept.name.split()[0] not in OBJECT_NOUNS[kind][0].split() else ""
        others = (PLURALS[kind], *_SYNONYMS.get(OBJECT_NOUNS[kind][0], ()))
        found += [f"{colour} {noun}".strip() for noun in others]
    return tuple(dict.fromkeys(found))


def write_vocabulary(folder: Path) -> None:
    """Writes `vocabulary.json` beside the weights."""
    write_text(folder / "vocabulary.json", demo_vocabulary().to_json())
