"""The words around what a question wants: how people open a sentence about a drive, and how they ask for a picture.

A few wordings are kept out of training, so that a benchmark can tell what was learnt from what was learnt by heart.
"""

import random

_INTROS = (
    "i want to drive {}",
    "i have to go home {}",
    "when i drive {}",
    "on my way {}",
    "imagine a drive {}",
    "we are travelling {}",
    "suppose i am driving {}",
    "tomorrow i drive {}",
    "take a drive {}",
    "i am on the road {}",
    "my route goes {}",
    "i like to drive {}",
    "driving {}",
    "think of a trip {}",
    "i am {}",
    "we are {}",
    "a drive {}",
    "{}",
)
_INTROS_UNSEEN = (
    "i will be out {}",
    "let us say we travel {}",
    "picture yourself driving {}",
    "this week i commute {}",
)
_LEADS = ("", "", "", "today ", "tomorrow ", "suppose ", "say ", "what if ", "when ", "if ", "while ", "every day ")
_DRIVERS = ("i", "i", "we", "you", "they", "my sister and i", "the children", "people", "my friends")
_GOING = (
    "drive",
    "go",
    "travel",
    "ride",
    "have to drive",
    "want to go",
    "would like to drive",
    "are on the move",
    "head home",
    "go to work",
    "must get home",
    "often drive",
    "go for a ride",
    "leave the house and drive",
    "plan a trip",
)
_ON_THE_WAY = ("i want to pass {} on the way home", "i pass {} on the way to work", "i want to go {} on the way home")
_SEARCHES = (
    "show me {}",
    "find {}",
    "find me a picture of {}",
    "i am looking for {}",
    "where can i see {}",
    "is there a picture with {}",
    "look for {}",
    "do you have {}",
    "which picture shows {}",
    "{}",
    "{}",
    "give me {}",
    "search for {}",
    "can you find {}",
    "i would like to see {}",
    "let me see {}",
    "a photo of {} please",
    "an image with {}",
    "where is {}",
)
_SEARCHES_UNSEEN = ("please get me {}", "any pictures showing {}", "i need an example of {}", "pull up {}")
_POLITE = ("", "", "", "please ", "can you ", "could you ", "i want you to ", "now ", "ok, ")
_FETCHING = ("show", "find", "bring", "pick", "open", "display", "fetch", "give", "search", "list", "choose")
_FOR_WHOM = ("", " me", " me", " us")
_PICTURES = (
    "",
    "",
    "a picture of ",
    "pictures of ",
    "an image with ",
    "some photos of ",
    "scenes with ",
    "a scene that shows ",
    "the best picture of ",
    "one with ",
    "images where there is ",
)
# fmt: off
_FILLERS = (
    "well", "really", "just", "maybe", "again", "always", "my", "your", "old", "new", "friend", "cousin", "yesterday",
    "later", "soon", "quickly", "slowly", "after", "before", "lunch", "work", "school", "shop", "music", "phone",
    "book", "game", "team", "letter", "number", "idea", "story", "week", "month", "monday", "friday", "holiday",
    "coffee", "thing", "something", "often", "never", "usually", "perhaps", "today", "still", "already", "almost",
    "nice", "good", "little", "long",
)
# fmt: on


def opening(rng: random.Random, unseen: bool) -> str:
    """The start of a sentence about a drive, with {} where its conditions go."""
    if unseen:
        return rng.choice(_INTROS_UNSEEN)
    if rng.random() < 0.4:
        return rng.choice(_INTROS)
    words = f"{rng.choice(_LEADS)}{rng.choice(_DRIVERS)} {rng.choice(_GOING)} {{}}"
    return _babble(rng) + words if rng.random() < 0.2 else words


def on_the_way(rng: random.Random) -> str:
    """An opening for a place that is passed."""
    return rng.choice(_ON_THE_WAY)


def search(rng: random.Random, unseen: bool) -> str:
    """A request for a picture, with {} where it names what to show."""
    if unseen:
        return rng.choice(_SEARCHES_UNSEEN)
    if rng.random() < 0.4:
        return rng.choice(_SEARCHES)
    words = f"{rng.choice(_POLITE)}{rng.choice(_FETCHING)}{rng.choice(_FOR_WHOM)} {rng.choice(_PICTURES)}{{}}"
    return _babble(rng) + words if rng.random() < 0.2 else words


def _babble(rng: random.Random) -> str:
    """Words that say nothing about a picture: what is not known has to be passed over, not guessed at."""
    return " ".join(rng.sample(_FILLERS, rng.randint(1, 4))) + rng.choice((" ", ", ", ". "))
