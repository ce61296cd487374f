"""What a scene holds: the place, time and weather, the road's shape, and every object, all drawn from one seed."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Place = Literal["city", "highway", "forest", "desert", "residential"]
Time = Literal["day", "dusk", "night"]
Weather = Literal["clear", "rain", "snow", "fog"]
Rgb = tuple[int, int, int]

COLORS: dict[str, Rgb] = {
    "white": (226, 227, 224),
    "black": (30, 31, 34),
    "silver": (165, 170, 176),
    "gray": (98, 102, 108),
    "red": (172, 32, 34),
    "blue": (38, 74, 150),
    "green": (48, 104, 66),
    "yellow": (222, 182, 44),
    "orange": (214, 112, 36),
    "brown": (108, 76, 52),
}
_PAINT = {
    "car": (["white", "black", "silver", "gray", "red", "blue", "green", "yellow"], [22, 20, 18, 14, 10, 10, 3, 3]),
    "truck": (["white", "red", "blue", "gray", "orange", "green"], [34, 14, 14, 16, 12, 10]),
    "bus": (["yellow", "white", "red", "blue", "green", "orange"], [26, 20, 20, 14, 10, 10]),
    "train": (["silver", "red", "blue", "green", "yellow"], [30, 25, 20, 15, 10]),
}

# metres: width, height, length
SIZES: dict[str, tuple[float, float, float]] = {
    "car": (1.85, 1.5, 4.4),
    "truck": (2.5, 3.6, 8.5),
    "bus": (2.55, 3.1, 11.5),
    "train": (2.9, 3.7, 42.0),
    "motorcycle": (0.75, 1.15, 2.1),
    "bicycle": (0.55, 1.05, 1.75),
    "person": (0.52, 1.73, 0.4),
}
MOTOR_VEHICLES = ("car", "truck", "bus", "motorcycle")


@dataclass(frozen=True)
class SceneObject:
    """One object: `x` metres right of the camera, `z` metres ahead, facing away or towards the camera."""

    kind: str
    color: str
    x: float
    z: float
    towards: bool = False
    variant: int = 0


@dataclass(frozen=True)
class Scene:
    """A whole scene. Lengths are metres; `curve` bends the road sideways by curve * z^2."""

    index: int
    seed: int
    place: Place
    time: Time
    weather: Weather
    lanes: int
    lane_width: float
    curve: float
    horizon: float
    sidewalk: float
    left_side: str
    right_side: str
    hood: bool
    heavy: bool = False
    """Whether rain or snow falls heavily."""
    jam: bool = False
    """Whether vehicles queue in the lanes ahead."""
    works: str = ""
    """The side ("left" or "right") on which the road is being dug up, or nothing."""
    objects: list[SceneObject] = field(default_factory=list)

    @property
    def half_road(self) -> float:
        """Half the width of the road in metres."""
        return self.lanes * self.lane_width / 2

    @property
    def offset(self) -> float:
        """How far right of the road's middle the camera drives."""
        return self.lane_width * (0.5 if self.lanes % 2 == 0 else 0.0)


def sample_scene(seed: int, index: int) -> Scene:
    """Draws scene number `index` of a dataset; the same pair always gives the same scene."""
    rng = np.random.default_rng([seed, index])
    events = np.random.default_rng([seed, index, 3])
    place: Place = _pick(rng, ("city", "highway", "forest", "desert", "residential"), (34, 20, 14, 10, 22))
    time: Time = _pick(rng, ("day", "dusk", "night"), (60, 17, 23))
    snowy = 0 if place == "desert" else 13
    weather: Weather = _pick(rng, ("clear", "rain", "snow", "fog"), (58, 17, snowy, 12))
    lanes = {"city": (2, 4), "highway": (4, 6), "forest": (2, 2), "desert": (2, 4), "residential": (2, 2)}[place]
    scene = Scene(
        index=index,
        seed=seed,
        place=place,
        time=time,
        weather=weather,
        lanes=int(rng.choice(lanes)),
        lane_width=float(rng.uniform(3.1, 3.7)),
        curve=float(rng.normal(0, {"city": 0.0006, "highway": 0.0012}.get(place, 0.0022))),
        horizon=float(rng.uniform(0.40, 0.50)),
        sidewalk={"city": float(rng.uniform(1.8, 3.6)), "residential": float(rng.uniform(1.2, 2.0))}.get(place, 0.0),
        left_side=_roadside(rng, place),
        right_side=_roadside(rng, place),
        hood=bool(rng.random() < 0.75),
        heavy=weather in ("rain", "snow") and bool(events.random() < 0.45),
        jam=bool(events.random() < 0.15),
        works=str(_pick(events, ("", "left", "right"), (88, 5, 7))),
    )
    _add_traffic(rng, scene)
    _add_people(rng, scene)
    _add_street_furniture(rng, scene)
    if scene.jam:
        _add_queue(events, scene)
    if scene.works:
        _add_works(events, scene)
    scene.objects.sort(key=lambda o: -o.z)
    return scene


def _roadside(rng: np.random.Generator, place: Place) -> str:
    choices = {
        "city": (("buildings", "buildings", "fence", "wall", "park"), (50, 22, 10, 8, 10)),
        "highway": (("barrier", "wall", "trees", "fence", "open"), (30, 20, 25, 15, 10)),
        "forest": (("trees", "trees", "fence", "open", "wall"), (62, 20, 8, 6, 4)),
        "desert": (("open", "rocks", "fence", "barrier", "open"), (48, 20, 15, 8, 9)),
        "residential": (("houses", "houses", "fence", "park", "wall"), (52, 20, 14, 8, 6)),
    }[place]
    return str(_pick(rng, *choices))


def _add_traffic(rng: np.random.Generator, scene: Scene) -> None:
    busy = {"city": 7, "highway": 7, "forest": 2, "desert": 2, "residential": 3}[scene.place]
    taken: dict[int, list[float]] = {}
    for _ in range(int(rng.poisson(busy))):
        lane = int(rng.integers(scene.lanes))
        z = float(rng.uniform(7, 22) if rng.random() < 0.45 else rng.uniform(14, 75))
        kind = _pick(rng, ("car", "truck", "bus", "motorcycle"), (76, 11, 8, 5))
        length = SIZES[kind][2]
        if any(abs(z - other) < 9 + length for other in taken.get(lane, [])):
            continue
        taken.setdefault(lane, []).append(z)
        x = (lane + 0.5) * scene.lane_width - scene.half_road - scene.offset + float(rng.normal(0, 0.15))
        if kind == "bus" and abs(x) < 1 and z < 10:
            z += 8
        towards = lane < scene.lanes // 2
        scene.objects.append(_vehicle(rng, kind, x, z, towards))
        if kind == "motorcycle":
            scene.objects.append(SceneObject("rider", str(rng.choice(list(COLORS))), x, z - 0.05, towards, 1))
    if scene.place in ("city", "residential") and rng.random() < 0.6:
        side = 1 if rng.random() < 0.7 else -1
        x = side * (scene.half_road + 0.9) - scene.offset
        for z in np.arange(float(rng.uniform(6, 12)), 60, 6.4):
            if rng.random() < 0.55:
                scene.objects.append(_vehicle(rng, "car", x, float(z), side < 0))
    if rng.random() < 0.10:
        side = 1 if rng.random() < 0.5 else -1
        x = side * (scene.half_road + scene.sidewalk + 5.5) - scene.offset
        scene.objects.append(_vehicle(rng, "train", x, float(rng.uniform(9, 20)), False))


def _add_queue(rng: np.random.Generator, scene: Scene) -> None:
    """Fills the lanes of the own direction, bumper to bumper; what stood there has to go."""
    lanes = range(scene.lanes // 2 if scene.lanes > 1 else 0, scene.lanes)
    reach = 0.5 * len(lanes) * scene.lane_width
    middle = (min(lanes) + max(lanes) + 1) / 2 * scene.lane_width - scene.half_road - scene.offset
    scene.objects[:] = [
        o for o in scene.objects if o.kind not in (*MOTOR_VEHICLES, "rider") or abs(o.x - middle) > reach
    ]
    for lane in lanes:
        z = float(rng.uniform(7, 11))
        while z < 75:
            kind = str(_pick(rng, ("car", "truck", "bus"), (84, 9, 7)))
            if kind != "car" and z < 12:
                kind = "car"
            x = (lane + 0.5) * scene.lane_width - scene.half_road - scene.offset + float(rng.normal(0, 0.12))
            scene.objects.append(_vehicle(rng, kind, x, z, False))
            z += SIZES[kind][2] + float(rng.uniform(1.6, 4.0))


def _add_works(rng: np.random.Generator, scene: Scene) -> None:
    """A construction site along one edge: cones, striped boards, a warning sign, workers and perhaps an excavator."""
    side = -1 if scene.works == "left" else 1
    edge = side * (scene.half_road - 0.5) - scene.offset
    start = float(rng.uniform(7, 12))
    for number, z in enumerate(np.arange(start, start + 24, 2.6)):
        inset = side * -0.9 * min(1.0, number / 4)
        scene.objects.append(SceneObject("cone", "orange", edge + inset, float(z)))
    board = start + float(rng.uniform(4, 8))
    for step in range(int(rng.integers(2, 4))):
        scene.objects.append(SceneObject("barrier board", "orange", edge + side * (0.6 + 1.9 * step), board))
    scene.objects.append(SceneObject("sign", "orange", edge + side * 1.4, start - 1, False, 5))
    for _ in range(int(rng.integers(1, 4))):
        x, z = edge + side * float(rng.uniform(0.8, 3.5)), board + float(rng.uniform(1, 10))
        scene.objects.append(SceneObject("person", "orange", x, z, False, int(rng.integers(4))))
    if rng.random() < 0.6:
        x, z = edge + side * float(rng.uniform(2.2, 4.0)), board + float(rng.uniform(2, 9))
        scene.objects.append(SceneObject("excavator", "yellow", x, z, side > 0))


def _vehicle(rng: np.random.Generator, kind: str, x: float, z: float, towards: bool) -> SceneObject:
    names, weights = _PAINT.get(kind, _PAINT["car"])
    return SceneObject(kind, str(_pick(rng, names, weights)), x, z, towards, int(rng.integers(4)))


def _add_people(rng: np.random.Generator, scene: Scene) -> None:
    crowd = {"city": 5.0, "residential": 2.0, "highway": 0.1, "forest": 0.3, "desert": 0.15}[scene.place]
    clothes = list(COLORS)
    edge = scene.half_road + max(scene.sidewalk, 1.0) * 0.55
    for _ in range(int(rng.poisson(crowd))):
        side = 1 if rng.random() < 0.5 else -1
        crossing = rng.random() < 0.18
        x = (
            float(rng.uniform(-scene.half_road, scene.half_road))
            if crossing
            else side * edge + float(rng.normal(0, 0.5))
        )
        z = float(rng.uniform(9, 40))
        scene.objects.append(
            SceneObject("person", str(rng.choice(clothes)), x - scene.offset, z, False, int(rng.integers(4)))
        )
    for _ in range(int(rng.poisson(crowd * 0.32))):
        side = 1 if rng.random() < 0.6 else -1
        x = side * (scene.half_road - 0.6) - scene.offset
        z = float(rng.uniform(8, 32))
        color = str(rng.choice(clothes))
        scene.objects.append(SceneObject("bicycle", str(rng.choice(clothes)), x, z, side < 0, 0))
        if rng.random() < 0.7:
            scene.objects.append(SceneObject("rider", color, x, z - 0.05, side < 0, 0))


def _add_street_furniture(rng: np.random.Generator, scene: Scene) -> None:
    edge = scene.half_road + 0.5
    spacing = {"city": 17.0, "residential": 24.0, "highway": 32.0, "forest": 45.0, "desert": 40.0}[scene.place]
    start = float(rng.uniform(6, 14))
    for side in (-1, 1):
        if rng.random() < 0.75:
            for z in np.arange(start, 90, spacing):
                scene.objects.append(SceneObject("lamp", "gray", side * edge - scene.offset, float(z), side > 0, 0))
    for _ in range(int(rng.poisson(1.6))):
        side = 1 if rng.random() < 0.75 else -1
        z = float(rng.uniform(9, 45))
        scene.objects.append(
            SceneObject("sign", "", side * (edge + 0.5) - scene.offset, z, False, int(rng.integers(5)))
        )
    lights = {"city": 0.55, "residential": 0.2}.get(scene.place, 0.06)
    if rng.random() < lights:
        z = float(rng.uniform(16, 38))
        color = str(_pick(rng, ("red", "green", "yellow"), (50, 38, 12)))
        for side in (-1, 1):
            scene.objects.append(
                SceneObject("traffic light", color, side * edge - scene.offset, z, side > 0, int(rng.integers(2)))
            )
    if scene.place == "highway" and rng.random() < 0.35:
        scene.objects.append(SceneObject("gantry", "green", -scene.offset, float(rng.uniform(24, 50)), False, 0))


def _pick(rng: np.random.Generator, names, weights):  # type: ignore[no-untyped-def]
    share = np.asarray(weights, dtype=float)
    return names[int(rng.choice(len(names), p=share / share.sum()))]
