"""What stands beside the road: buildings, trees, bushes, rocks, walls and fences."""

import numpy as np

from bddseg_tui.core.demo.canvas import Canvas, mix, shade
from bddseg_tui.core.demo.scene import Rgb

BUILDING, WALL, FENCE, VEGETATION, TERRAIN = 2, 3, 4, 8, 9
RAW_UNKNOWN = 255
FACADES: tuple[Rgb, ...] = (
    (150, 112, 92),
    (128, 122, 116),
    (172, 160, 140),
    (108, 92, 88),
    (138, 144, 150),
    (176, 140, 104),
    (92, 100, 112),
)
SNOW: Rgb = (228, 232, 238)


def paint_roadside(canvas: Canvas, rng: np.random.Generator, side: int, kind: str) -> None:
    """Paints what stands beside the road: `side` is -1 (left) or 1, `kind` one of `scene`'s roadsides."""
    scene = canvas.scene
    edge = side * (scene.half_road + scene.sidewalk + (0.4 if scene.sidewalk else 2.2)) - scene.offset
    if kind in ("buildings", "houses"):
        _buildings(canvas, rng, edge, side, houses=kind == "houses")
        return
    trees = {"trees": 46, "park": 18, "fence": 12, "wall": 8, "barrier": 10, "open": 3, "rocks": 2}[kind]
    if scene.place == "desert":
        trees = 1 if kind != "rocks" else 0
        _rocks(canvas, rng, edge, side, 14 if kind == "rocks" else 4)
    for z in sorted(rng.uniform(9, 120, int(rng.poisson(trees))), reverse=True):
        _tree(canvas, rng, edge + side * float(rng.uniform(2.5, 26)), float(z))
    if kind in ("wall", "barrier", "fence"):
        _barrier(canvas, rng, edge, kind)
    elif kind in ("trees", "park", "open"):
        _bushes(canvas, rng, edge, side, 26 if kind != "open" else 8)


def _buildings(canvas: Canvas, rng: np.random.Generator, edge: float, side: int, houses: bool) -> None:
    plots = []
    z = 5.0
    while z < 130:
        length = float(rng.uniform(7, 12) if houses else rng.uniform(9, 26))
        plots.append((z, z + length))
        z += length + float(rng.uniform(3, 9) if houses else rng.choice([0.0, 0.0, 0.4, 4.0]))
    for z0, z1 in reversed(plots):
        setback = float(rng.uniform(3, 7) if houses else rng.uniform(0, 1.4)) * side
        height = float(rng.uniform(4.5, 7.5) if houses else rng.uniform(8, 38))
        if rng.random() < (0.25 if houses else 0.06):
            _tree(canvas, rng, edge + setback, (z0 + z1) / 2)
            continue
        _building(canvas, rng, edge + setback, z0, z1, height, side, houses)
        if houses and rng.random() < 0.6:
            _tree(canvas, rng, edge + side * 1.4, z0)


def _building(
    canvas: Canvas, rng: np.random.Generator, x: float, z0: float, z1: float, height: float, side: int, house: bool
) -> None:
    facade = shade(FACADES[int(rng.integers(len(FACADES)))], rng.uniform(0.8, 1.25))
    canvas.start(z0)
    depth = 9.0 * side
    front = [
        canvas.project(x, 0, z0),
        canvas.project(x + depth, 0, z0),
        canvas.project(x + depth, height, z0),
        canvas.project(x, height, z0),
    ]
    canvas.polygon(front, shade(facade, 0.72), BUILDING)
    wall = [
        canvas.project(x, 0, z0),
        canvas.project(x, 0, z1),
        canvas.project(x, height, z1),
        canvas.project(x, height, z0),
    ]
    canvas.polygon(wall, facade, BUILDING)
    if house:
        roof = mix(shade((120, 72, 58), rng.uniform(0.6, 1.2)), SNOW, 0.8 if canvas.scene.weather == "snow" else 0)
        ridge = height + 2.6
        canvas.polygon(
            [
                canvas.project(x, height, z0),
                canvas.project(x, height, z1),
                canvas.project(x + depth / 2, ridge, z1),
                canvas.project(x + depth / 2, ridge, z0),
            ],
            roof,
            BUILDING,
        )
        canvas.polygon(
            [
                canvas.project(x, height, z0),
                canvas.project(x + depth, height, z0),
                canvas.project(x + depth / 2, ridge, z0),
            ],
            shade(facade, 0.66),
            BUILDING,
        )
    _windows(canvas, rng, x, z0, z1, height, facade)


def _windows(
    canvas: Canvas, rng: np.random.Generator, x: float, z0: float, z1: float, height: float, facade: Rgb
) -> None:
    night = canvas.scene.time == "night"
    dark = mix(shade(facade, 0.4), (60, 76, 96), 0.5)
    floor = 3.1
    for y in np.arange(1.1, height - 1.2, floor):
        for z in np.arange(z0 + 0.8, z1 - 1.4, 2.6):
            if z > 60:
                break
            lit = rng.random() < (0.3 if night else 0.05)
            color = (250, 214, 140) if lit else shade(dark, rng.uniform(0.75, 1.3))
            quad = [
                canvas.project(x, y, z),
                canvas.project(x, y, z + 1.3),
                canvas.project(x, y + 1.6, z + 1.3),
                canvas.project(x, y + 1.6, z),
            ]
            canvas.polygon(quad, color, None)
            if lit and night:
                cx, cy = quad[0][0] / 2 + quad[2][0] / 2, quad[0][1] / 2 + quad[2][1] / 2
                canvas.glow(cx, cy, max(4.0, canvas.focal * 0.8 / z), (250, 205, 130), 0.55)


def _tree(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    canvas.start(z)
    height = float(rng.uniform(4, 11))
    conifer = canvas.scene.place == "forest" and rng.random() < 0.55
    px = canvas.focal / z
    bx, by = canvas.project(x, 0, z)
    trunk = shade((86, 66, 48), rng.uniform(0.7, 1.2))
    canvas.box(bx - 0.16 * px, by - height * 0.55 * px, bx + 0.16 * px, by, trunk, VEGETATION)
    green = shade((74, 108, 46), rng.uniform(0.6, 1.25))
    if canvas.scene.weather == "snow":
        green = mix(green, SNOW, rng.uniform(0.2, 0.6))
    if conifer:
        for i in range(6):
            w = height * 0.30 * (1 - i / 7) * px
            y = by - height * (0.2 + 0.13 * i) * px
            tip = y - height * 0.28 * px
            canvas.polygon([(bx - w, y), (bx + w, y), (bx, tip)], shade(green, rng.uniform(0.6, 0.95)), VEGETATION)
        return
    crown = height * 0.34 * px
    for _ in range(16 if z < 60 else 6):
        cx, cy = bx + rng.normal(0, 0.5) * crown, by - height * 0.72 * px + rng.normal(0, 0.42) * crown
        r = crown * rng.uniform(0.28, 0.62)
        canvas.ellipse((cx - r, cy - r * 0.85, cx + r, cy + r * 0.85), shade(green, rng.uniform(0.68, 1.3)), VEGETATION)


def _bushes(canvas: Canvas, rng: np.random.Generator, edge: float, side: int, count: int) -> None:
    for z in sorted(rng.uniform(6, 60, count), reverse=True):
        canvas.start(float(z))
        px = canvas.focal / z
        bx, by = canvas.project(edge + side * float(rng.uniform(0.6, 6)), 0, float(z))
        for _ in range(5):
            r = rng.uniform(0.25, 0.7) * px
            cx = bx + rng.normal(0, 0.5) * px
            green = shade((78, 104, 52), rng.uniform(0.6, 1.25))
            canvas.ellipse((cx - r, by - r * 1.5, cx + r, by + r * 0.2), green, VEGETATION)


def _rocks(canvas: Canvas, rng: np.random.Generator, edge: float, side: int, count: int) -> None:
    for z in sorted(rng.uniform(8, 70, count), reverse=True):
        canvas.start(float(z))
        px = canvas.focal / z
        bx, by = canvas.project(edge + side * float(rng.uniform(2, 18)), 0, float(z))
        w, h = rng.uniform(0.6, 3.2) * px, rng.uniform(0.4, 2.0) * px
        tone = shade((158, 122, 92), rng.uniform(0.7, 1.15))
        shape = [
            (bx - w, by),
            (bx - w * 0.6, by - h * 0.8),
            (bx + w * 0.1, by - h),
            (bx + w * 0.7, by - h * 0.55),
            (bx + w, by),
        ]
        class_id = TERRAIN if rng.random() < 0.6 else RAW_UNKNOWN
        canvas.polygon([(float(a), float(b)) for a, b in shape], tone, class_id)


def _barrier(canvas: Canvas, rng: np.random.Generator, x: float, kind: str) -> None:
    canvas.start(14.0)
    if kind == "wall":
        tone, height = shade((158, 150, 142), rng.uniform(0.75, 1.1)), float(rng.uniform(1.6, 4.2))
        canvas.fence_strip(x, 0, height, 4, 150, tone, WALL)
        for y in np.arange(0.5, height, 0.5):
            canvas.fence_strip(x, y, y + 0.04, 4, 60, shade(tone, 0.82), None)
        return
    if kind == "barrier":
        tone = shade((176, 178, 182), rng.uniform(0.8, 1.1))
        for z in np.arange(60, 3.4, -2.5):
            low, high = canvas.project(x, 0, z), canvas.project(x, 0.75, z)
            w = max(1.0, 0.05 * canvas.focal / z)
            canvas.box(low[0] - w, high[1], low[0] + w, low[1], shade(tone, 0.6), FENCE)
        canvas.fence_strip(x, 0.45, 0.8, 3.4, 120, tone, FENCE)
        canvas.fence_strip(x, 0.6, 0.65, 3.4, 60, shade(tone, 0.75), None)
        return
    tone = shade((128, 96, 70), rng.uniform(0.7, 1.3)) if rng.random() < 0.6 else (120, 124, 128)
    canvas.fence_strip(x, 0, 1.5, 4, 110, shade(tone, 0.9), FENCE)
    for z in np.geomspace(4, 50, 46):
        low, high = canvas.project(x, 0, z), canvas.project(x, 1.6, z)
        w = max(1.0, 0.06 * canvas.focal / z)
        canvas.box(low[0] - w, high[1], low[0] + w, low[1], shade(tone, 1.15), FENCE)
