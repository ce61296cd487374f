"""What a described scene shows, in three values: shown (True), not shown (False), and too small to call (None).

A description is a line of scenes.jsonl. Too small is what is there but covers so little of the picture that a person
would hesitate.
"""

from collections.abc import Callable
from typing import Any

Description = dict[str, Any]
Truth = Callable[[Description], bool | None]

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


def is_value(key: str, value: object) -> Truth:
    """Whether a description says this of the whole scene: its place, time or weather."""
    return lambda scene: bool(scene[key] == value)


def is_falling(kind: str, heavy: bool) -> Truth:
    """Whether rain or snow falls; heavily, where that is asked for."""
    return lambda scene: bool(scene["weather"] == kind and (scene["heavy"] or not heavy))


def covers(class_name: str, least: float, trace: float) -> Truth:
    """Whether a class covers at least `least` percent of the picture; it is not shown at `trace` or less."""

    def truth(scene: Description) -> bool | None:
        percent = scene["classes"].get(class_name, 0.0)
        return True if percent >= least else False if percent <= trace else None

    return truth


def shows_works(scene: Description) -> bool | None:
    """Whether a construction site is large enough to be called."""
    if scene["works"] is None:
        return False
    kinds = ("cone", "barrier board", "excavator")
    return True if sum(share(o, scene) for o in scene["objects"] if o["kind"] in kinds) >= 0.003 else None


def shows_jam(scene: Description) -> bool | None:
    """Whether traffic is jammed; many vehicles that move are too close to one to call."""
    if scene["jam"]:
        return True
    return False if vehicles(scene) <= 5 else None


def vehicles(scene: Description) -> int:
    """How many cars, trucks and buses are large enough to be called."""
    return sum(len(seen(scene, kind)) for kind in ("car", "truck", "bus"))


def shows_empty_road(scene: Description) -> bool | None:
    """Whether nobody drives on the road."""
    if any(seen(scene, kind) for kind in ("car", "truck", "bus", "motorcycle", "train")):
        return False
    there = [o for o in scene["objects"] if o["kind"] in ("car", "truck", "bus", "motorcycle", "train")]
    return True if sum(share(o, scene) for o in there) < 0.001 else None


def shows_plate(scene: Description) -> bool | None:
    """Whether a licence plate is large enough to be read."""
    width = scene.get("size", (640, 360))[0]
    widest = max((o.get("plate_px", 0) / width for o in scene["objects"]), default=0.0)
    return True if widest >= 0.038 else False if widest <= 0.02 else None


def shows_light(color: str) -> Truth:
    """Whether a traffic light of this colour is shown."""
    return lambda scene: shows(scene, "traffic light", color)
