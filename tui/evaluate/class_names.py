"""Names of classes for the heads of narrow columns: in one line, in two, or as a few letters."""

TWO_LINES = {
    "sidewalk": ("side-", "walk"),
    "building": ("build-", "ing"),
    "traffic light": ("traff.", "light"),
    "traffic sign": ("traff.", "sign"),
    "vegetation": ("vege-", "tation"),
    "terrain": ("ter-", "rain"),
    "motorcycle": ("motor-", "cycle"),
    "bicycle": ("bi-", "cycle"),
    "unknown": ("un-", "known"),
}
"""Those that are longer than six letters."""
LETTERS = {
    "sidewalk": "swlk",
    "building": "bldg",
    "fence": "fnce",
    "traffic light": "tlgt",
    "traffic sign": "tsgn",
    "vegetation": "veg",
    "terrain": "terr",
    "person": "pers",
    "rider": "ridr",
    "truck": "trck",
    "train": "tran",
    "motorcycle": "mcyc",
    "bicycle": "bcyc",
    "unknown": "unkn",
}
"""Four letters, where nothing longer fits."""


def column_heads(name: str, width: int) -> tuple[str, str]:
    """A name for a column of `width`, in two lines; the upper one is empty where one is enough."""
    if len(name) <= width:
        return "", name
    parts = TWO_LINES.get(name) or tuple(name.split(" ", 1))
    if len(parts) == 2 and all(len(part) <= width for part in parts):
        return parts[0], parts[1]
    return "", LETTERS.get(name, name)[:width]
