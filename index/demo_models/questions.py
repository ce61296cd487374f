"""Questions as a person types them, with the anchors that a picture for them has to show."""

import random
from dataclasses import dataclass, replace

from bddseg_tui.index.demo_models import templates as wordings
from bddseg_tui.index.demo_models.answers import ask_about
from bddseg_tui.index.demo_models.asked import Asked
from bddseg_tui.index.demo_models.captions import caption, draw_wanted, noun
from bddseg_tui.index.demo_models.concepts import CONCEPTS, PLURALS, with_article
from bddseg_tui.index.demo_models.presence import kind_of, presence
from bddseg_tui.index.demo_models.scene_truth import Description

_WITH = ("with {}", "where there is {}", "behind {}", "next to {}", "and there is {}")
_JOINTS = (", ", ". ", " - ", "; ", " and ", ": ")
_LATER = ("", "", "when i drive ", "if i go ", "while we are ")
_GLUE = ("", "", "", "then ", "tell me, ", "and ", "so ", "please tell me, ")
_BEFORE_A_PLACE = {
    "rain": ("rainy", "wet"),
    "snow": ("snowy", "wintry"),
    "fog": ("foggy", "misty"),
    "night": ("dark", "night-time"),
    "traffic jam": ("busy", "jammed", "crowded"),
    "empty road": ("empty", "deserted"),
}
_OTHER_PLURALS = {"pedestrian": "pedestrians", "rider": "riders", "traffic sign": "traffic signs"}
_SMALL_TALK = (
    "hello",
    "hi there",
    "good morning",
    "how are you",
    "thank you",
    "thanks a lot",
    "who are you",
    "what can you do",
    "bye",
    "what is the capital of france",
    "tell me a joke",
    "ok",
    "yes",
    "help",
    "what is two plus two",
)


@dataclass(frozen=True)
class Question:
    """A question, the concepts its picture has to show, and what is asked about the picture, if anything is."""

    text: str
    wanted: list[int]
    asked: Asked | None

    @property
    def anchors(self) -> str:
        """The reply a model should give: names joined by semicolons, or "none"."""
        return "; ".join(CONCEPTS[c].name for c in self.wanted) or "none"


def write_question(shown: list[int], scene: Description, rng: random.Random, unseen: bool = False) -> Question:
    """A question that this scene fits.

    Args:
        shown: the concepts that the scene shows.
        scene: its description, for what is asked about it.
        unseen: word it only in ways that are kept out of training.
    """
    wanted = draw_wanted(shown, rng)[:3]
    if rng.random() < 0.5:
        words = caption(wanted, rng)
        return Question(wordings.search(rng, unseen).format(words), _in_order(wanted, words), None)
    return _asking(wanted, scene, rng, unseen)


def ask_with_context(shown: list[int], scene: Description, rng: random.Random, unseen: bool = False) -> Question:
    """A question that first says which picture, then asks something about it."""
    return _asking(draw_wanted(shown, rng)[:3], scene, rng, unseen)


def _asking(wanted: list[int], scene: Description, rng: random.Random, unseen: bool) -> Question:
    conditions = [c for c in wanted if CONCEPTS[c].conditions]
    things = [c for c in wanted if not CONCEPTS[c].conditions]
    parts = [rng.choice(CONCEPTS[c].conditions) for c in conditions]
    parts += [rng.choice(_WITH).format(rng.choice(CONCEPTS[c].nouns)) for c in things]
    intro = wordings.opening(rng, unseen)
    if not unseen and len(wanted) == 1 and CONCEPTS[wanted[0]].group in ("place", "works") and rng.random() < 0.4:
        intro = wordings.on_the_way(rng)
    asked = ask_about(scene, rng)
    while asked.about == "presence" and any(CONCEPTS[c].name in asked.anchors for c in wanted):
        asked = ask_about(scene, rng)
    if conditions and not things and rng.random() < 0.15:
        text = f"{asked.text} {rng.choice(_LATER)}{' '.join(parts)}"
    else:
        text = intro.format(" ".join(parts)) + rng.choice(_JOINTS) + rng.choice(_GLUE) + asked.text
    return Question(text, conditions + things, asked)


def direct_question(scene: Description, rng: random.Random) -> Question:
    """Nothing but a question about a picture: what it asks for is what the picture has to show."""
    asked = ask_about(scene, rng)
    names = [c.name for c in CONCEPTS]
    return Question(asked.text, [names.index(a) for a in asked.anchors], asked)


def any_search(rng: random.Random) -> Question:
    """A search for one to four things, whether or not any drawn scene shows them together.

    Scenes alone teach that some things come together and others never do, and a red bus at night loses its bus.
    """
    wanted = _together(rng)
    words = _in_few_words(wanted, rng) if rng.random() < 0.4 else caption(wanted, rng)
    return Question(wordings.search(rng, unseen=False).format(words), _in_order(wanted, words), None)


def _together(rng: random.Random) -> list[int]:
    """One to four concepts that do not shut each other out, no two of one kind of object."""
    things = rng.choice((0, 1, 1, 2))
    objects = [n for n, c in enumerate(CONCEPTS) if c.group == "object"]
    others = [n for n, c in enumerate(CONCEPTS) if c.group != "object"]
    drawn = rng.sample(objects, things) + rng.sample(others, rng.choice((1, 1, 2)))
    apart = {kind_of(c) or CONCEPTS[c].group: c for c in drawn}
    return rng.sample(list(apart.values()), len(apart))


def _in_few_words(wanted: list[int], rng: random.Random) -> str:
    """As searches are typed in haste: "buses at night", "truck on a snowy highway", "bus rain"."""
    if rng.random() < 0.3:
        return " ".join(CONCEPTS[c].name for c in wanted)
    things = [c for c in wanted if not CONCEPTS[c].conditions]
    place = next((c for c in wanted if CONCEPTS[c].group == "place"), None)
    before = [c for c in wanted if CONCEPTS[c].name in _BEFORE_A_PLACE and place is not None]
    after = [c for c in wanted if c not in (*things, *before, place)]
    words = " and ".join(_many(c, rng) if rng.random() < 0.5 else noun(c, rng) for c in things)
    if place is not None:
        where = " ".join([*(rng.choice(_BEFORE_A_PLACE[CONCEPTS[c].name]) for c in before), CONCEPTS[place].name])
        where = rng.choice((where, with_article(where)))
        words = f"{words} {rng.choice(('on', 'on', 'in', 'and'))} {where}" if words else where
    return " ".join([words, *(rng.choice(CONCEPTS[c].conditions) for c in after)]).strip()


def _many(concept: int, rng: random.Random) -> str:
    usual = plural(concept)
    return rng.choice((usual, _OTHER_PLURALS.get(CONCEPTS[concept].name, usual)))


def request(shown: list[int], scene: Description, rng: random.Random) -> Asked:
    """A search as it reaches the model with the picture that was found, and a description as the answer."""
    wanted = draw_wanted(shown, rng)[:3]
    fitting = wordings.search(rng, unseen=False).format(caption(wanted, rng))
    text = fitting if rng.random() < 0.5 else any_search(rng).text
    return replace(ask_about(scene, rng, ("describe",)), text=text)


def small_talk(rng: random.Random) -> Question:
    """Words that no picture can answer."""
    return Question(rng.choice(_SMALL_TALK), [], None)


def any_question(shown: list[int], scene: Description, rng: random.Random) -> Question:
    """A question of any kind, in the shares that training sees."""
    draw = rng.random()
    if draw < 0.05:
        return small_talk(rng)
    if draw < 0.25:
        return direct_question(scene, rng)
    if draw < 0.32:
        concept = rng.randrange(len(CONCEPTS))
        kind = kind_of(concept)
        asked = presence(concept, None, rng) if kind is None or rng.random() < 0.5 else None
        if asked is None:
            return Question(wordings.search(rng, unseen=False).format(plural(concept)), [concept], None)
        return Question(asked.text, [concept], None)
    if draw < 0.62:
        return any_search(rng)
    return write_question(shown, scene, rng)


def plural(concept: int) -> str:
    """The canonical name in the plural, for an object ("red buses")."""
    kind = kind_of(concept)
    name = CONCEPTS[concept].name
    if kind is None:
        return name
    noun = {"person": "pedestrian", "rider": "rider", "sign": "traffic sign"}.get(kind, kind)
    return name.removesuffix(noun) + PLURALS[kind]


def dress(text: str, rng: random.Random, mark: bool) -> str:
    """Capitals, an article of politeness and the closing mark, as they come."""
    if rng.random() < 0.6:
        text = text[0].upper() + text[1:]
        text = text.replace(" i ", " I ")
    closing = "?" if mark and rng.random() < 0.75 else rng.choice(("", "", ".", "!"))
    return text + closing


def follow_up(scene: Description, rng: random.Random) -> str:
    """A question that stays on the picture at hand."""
    asked = ask_about(scene, rng).text
    return rng.choice(("", "", "", "and ", "ok, ", "also, ")) + asked + rng.choice(("", "", "", " here", " there"))


def _in_order(wanted: list[int], words: str) -> list[int]:
    """The concepts in the order in which the words name them, as far as that can be told."""

    def place(concept: int) -> int:
        known = CONCEPTS[concept]
        found = [at for phrase in (known.name, *known.nouns, *known.conditions) if (at := words.find(phrase)) >= 0]
        return min(found, default=len(words))

    return sorted(wanted, key=place)
