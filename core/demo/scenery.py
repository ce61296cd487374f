"""What stands still: sky, ground, road, buildings, trees, walls and fences."""

import numpy as np

from bddseg_tui.core.demo.canvas import Canvas, mix, shade
from bddseg_tui.core.demo.roadside import FACADES, SNOW, paint_roadside
from bddseg_tui.core.demo.scene import Rgb, Scene

ROAD, SIDEWALK, BUILDING, WALL, FENCE, POLE, VEGETATION, TERRAIN, SKY = 0, 1, 2, 3, 4, 5, 8, 9, 10
RAW_UNKNOWN = 255
_GROUND: dict[str, Rgb] = {
    "city": (96, 104, 78),
    "highway": (104, 118, 70),
    "forest": (72, 92, 48),
    "desert": (196, 164, 116),
    "residential": (86, 122, 60),
}


def paint_scenery(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paints everything behind and beside the traffic, far to near."""
    scene = canvas.scene
    _sky(canvas, rng)
    _skyline(canvas, rng)
    _ground(canvas, rng)
    _road(canvas, rng)
    for side, kind in ((-1, scene.left_side), (1, scene.right_side)):
        paint_roadside(canvas, rng, side, kind)


def _sky(canvas: Canvas, rng: np.random.Generator) -> None:
    scene = canvas.scene
    top, low = {
        "day": ((84, 142, 212), (190, 214, 236)),
        "dusk": ((70, 74, 128), (246, 164, 104)),
        "night": ((70, 78, 108), (112, 112, 130)),
    }[scene.time]
    if scene.weather != "clear":
        grey = (176, 180, 186) if scene.time != "night" else (96, 100, 112)
        top, low = mix(top, grey, 0.8), mix(low, grey, 0.75)
    canvas.start(400.0)
    bands = 60
    for i in range(bands):
        y0, y1 = (canvas.horizon + 4) * i / bands, (canvas.horizon + 4) * (i + 1) / bands + 1
        canvas.box(0, y0, canvas.width, y1, mix(top, low, (i / bands) ** 1.4), SKY)
    clouds = {"clear": 5, "rain": 18, "snow": 16, "fog": 4}[scene.weather]
    cloud = mix(low, (255, 255, 255) if scene.time == "day" else (150, 120, 130), 0.6)
    for _ in range(int(rng.poisson(clouds))):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.horizon * 0.75)
        for _ in range(9):
            w, h = rng.uniform(40, 170), rng.uniform(12, 34)
            cx, cy = x + rng.normal(0, 80), y + rng.normal(0, 10)
            canvas.ellipse(
                (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), mix(top, cloud, rng.uniform(0.45, 0.8)), None
            )


def _skyline(canvas: Canvas, rng: np.random.Generator) -> None:
    """Far hills, woods or towers on the horizon."""
    scene = canvas.scene
    canvas.start(260.0)
    if scene.place == "city":
        x = -20.0
        while x < canvas.width:
            w, h = rng.uniform(30, 90), rng.uniform(20, 150)
            color = mix(FACADES[int(rng.integers(len(FACADES)))], (170, 185, 205), 0.45)
            canvas.box(x, canvas.horizon - h, x + w, canvas.horizon + 6, color, BUILDING)
            x += w * rng.uniform(0.9, 1.4)
        return
    far = {"desert": ((170, 128, 98), TERRAIN), "highway": ((98, 118, 92), VEGETATION)}
    color, class_id = far.get(scene.place, ((66, 92, 62), VEGETATION))
    height = {"desert": 60, "highway": 30, "forest": 90, "residential": 50}[scene.place]
    xs = np.linspace(0, canvas.width, 80)
    ridge = np.zeros_like(xs)
    for wave in (1, 2, 4, 9, 21):
        ridge += np.sin(xs / canvas.width * 2 * np.pi * wave * rng.uniform(0.7, 1.4) + rng.uniform(0, 6)) / wave
    points = [(float(x), float(canvas.horizon - height * (0.55 + 0.22 * r))) for x, r in zip(xs, ridge, strict=True)]
    canvas.polygon(
        [*points, (canvas.width, canvas.horizon + 8), (0, canvas.horizon + 8)],
        mix(color, (180, 195, 210), 0.35),
        class_id,
    )


def _ground(canvas: Canvas, rng: np.random.Generator) -> None:
    scene = canvas.scene
    color = SNOW if scene.weather == "snow" else _GROUND[scene.place]
    canvas.start(0.0)
    canvas.box(0, canvas.horizon, canvas.width, canvas.height, color, TERRAIN)
    for _ in range(120):
        z = float(rng.uniform(3, 60))
        x = float(rng.uniform(-40, 40))
        cx, cy = canvas.project(x, 0, z)
        w = canvas.focal * rng.uniform(0.4, 2.4) / z
        canvas.ellipse((cx - w, cy - w * 0.12, cx + w, cy + w * 0.12), shade(color, rng.uniform(0.84, 1.14)), None)
    if scene.place in ("city", "residential") and rng.random() < 0.5:
        side = 1 if rng.random() < 0.5 else -1
        edge = scene.half_road + scene.sidewalk
        z = float(rng.uniform(8, 20))
        # A forecourt: ground that the annotators leave unlabelled.
        x0, x1 = sorted((side * edge - scene.offset, side * (edge + 14) - scene.offset))
        canvas.ground(x0, x1, z, z * 2.2, (124, 120, 118), RAW_UNKNOWN)


def _road(canvas: Canvas, rng: np.random.Generator) -> None:
    scene = canvas.scene
    half, off = scene.half_road, scene.offset
    asphalt = shade((104, 104, 108), rng.uniform(0.72, 1.12))
    if scene.weather == "rain":
        asphalt = mix(shade(asphalt, 0.72), (90, 100, 116), 0.3)
    if scene.weather == "snow":
        asphalt = mix(asphalt, SNOW, rng.uniform(0.25, 0.6))
    canvas.start(0.0)
    if scene.sidewalk:
        pavement = (
            mix((168, 162, 154), SNOW, 0.65)
            if scene.weather == "snow"
            else shade((168, 162, 154), rng.uniform(0.85, 1.08))
        )
        for side in (-1, 1):
            x0, x1 = sorted((side * half - off, side * (half + scene.sidewalk) - off))
            canvas.ground(x0, x1, 1.2, 160, pavement, SIDEWALK)
            kerb = sorted((side * half - off, side * (half + 0.16) - off))
            canvas.ground(kerb[0], kerb[1], 1.2, 90, shade(pavement, 0.75), None)
            for z in np.arange(3, 40, 2.5):
                canvas.ground(x0, x1, z, z + 0.05 + z * 0.002, shade(pavement, 0.86), None)
    parking = 2.0 if scene.place in ("city", "residential") else 1.2
    canvas.ground(
        -half - off - (0 if scene.sidewalk else parking),
        half - off + (0 if scene.sidewalk else parking),
        1.2,
        330,
        asphalt,
        ROAD,
    )
    for _ in range(26):
        z = float(rng.uniform(3, 45))
        x = float(rng.uniform(-half, half)) - off
        canvas.ground(
            x, x + rng.uniform(0.3, 2.2), z, z * rng.uniform(1.02, 1.3), shade(asphalt, rng.uniform(0.84, 1.12)), None
        )
    _markings(canvas, rng, asphalt)
    if scene.weather == "snow":
        for lane in range(scene.lanes):
            middle = (lane + 0.5) * scene.lane_width - half - off
            for track in (-0.75, 0.75):
                canvas.ground(middle + track - 0.25, middle + track + 0.25, 1.5, 120, shade(asphalt, 0.86), None)


def _markings(canvas: Canvas, rng: np.random.Generator, asphalt: Rgb) -> None:
    scene = canvas.scene
    half, off = scene.half_road, scene.offset
    fade = rng.uniform(0.35, 0.95) * (0.4 if scene.weather == "snow" else 1.0)
    white, yellow = mix(asphalt, (238, 238, 232), fade), mix(asphalt, (222, 176, 52), fade)
    for edge in (-half + 0.25, half - 0.25):
        canvas.ground(edge - off - 0.06, edge - off + 0.06, 1.2, 150, white, None)
    for lane in range(1, scene.lanes):
        x = lane * scene.lane_width - half - off
        if lane * 2 == scene.lanes:
            for d in (-0.13, 0.13):
                canvas.ground(x + d - 0.05, x + d + 0.05, 1.2, 150, yellow, None)
            continue
        for z in np.arange(float(rng.uniform(2, 5)), 110, 9):
            canvas.ground(x - 0.07, x + 0.07, z, z + 3.2, white, None)
    if scene.place == "city" and rng.random() < 0.45:
        z = float(rng.uniform(9, 24))
        for x in np.arange(-half, half, 1.0):
            canvas.ground(x - off, x - off + 0.5, z, z + 3, white, None)


def paint_hood(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """The driver's own bonnet at the lower edge, which BDD100K leaves unlabelled."""
    if not scene.hood:
        return
    canvas.start(1.5)
    tone = shade((52, 56, 64), rng.uniform(0.5, 1.8))
    top = canvas.height * rng.uniform(0.90, 0.955)
    xs = np.linspace(0, canvas.width, 40)
    arc = [(float(x), float(top + 46 * ((x / canvas.width - 0.5) * 2) ** 2)) for x in xs]
    canvas.polygon([*arc, (canvas.width, canvas.height), (0, canvas.height)], tone, RAW_UNKNOWN)
    lit = [(x, y + 6) for x, y in arc]
    canvas.polygon(lit + [(x, y + 8) for x, y in lit[::-1]], shade(tone, 1.7), None)
