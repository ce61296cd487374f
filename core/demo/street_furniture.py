"""Street furniture: lamps, signs, traffic lights and sign gantries."""

import numpy as np

from bddseg_tui.core.demo.canvas import Canvas, Point, shade
from bddseg_tui.core.demo.scene import Rgb, SceneObject

POLE, LIGHT, SIGN = 5, 6, 7
_LAMPS: dict[str, Rgb] = {"red": (255, 48, 40), "yellow": (255, 196, 40), "green": (60, 240, 130)}


def paint_lamp(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a street lamp, lit unless it is day."""
    px = canvas.focal / thing.z
    tx, ty = _post(canvas, thing.x, thing.z, 7.2, 0.08)
    reach = (1.6 if thing.towards else -1.6) * -px
    left, right = sorted((tx, tx + reach))
    canvas.box(left, ty - 0.06 * px, right, ty + 0.06 * px, (112, 114, 118), POLE)
    hx = tx + reach
    canvas.box(hx - 0.3 * px, ty - 0.05 * px, hx + 0.3 * px, ty + 0.16 * px, (196, 196, 190), POLE)
    if canvas.scene.time != "day":
        canvas.glow(hx, ty + 0.1 * px, 3.2 * px, (255, 206, 132), 0.8)


def paint_sign(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a traffic sign; the variant says which."""
    px = canvas.focal / thing.z
    tx, ty = _post(canvas, thing.x, thing.z, 2.9, 0.05)
    r = 0.42 * px
    cy = ty + r * 0.6
    if thing.variant == 0:
        octagon = [(tx + r * np.cos(a), cy + r * np.sin(a)) for a in np.arange(8) * np.pi / 4 + np.pi / 8]
        canvas.polygon(octagon, (186, 30, 36), SIGN)
        canvas.box(tx - r * 0.6, cy - r * 0.16, tx + r * 0.6, cy + r * 0.16, (236, 236, 236), None)
    elif thing.variant == 1:
        canvas.polygon([(tx - r, cy), (tx, cy - r), (tx + r, cy), (tx, cy + r)], (236, 186, 40), SIGN)
        canvas.box(tx - r * 0.12, cy - r * 0.5, tx + r * 0.12, cy + r * 0.4, (30, 30, 30), None)
    elif thing.variant == 2:
        canvas.ellipse((tx - r, cy - r, tx + r, cy + r), (196, 34, 38), SIGN)
        canvas.ellipse((tx - r * 0.74, cy - r * 0.74, tx + r * 0.74, cy + r * 0.74), (240, 240, 240), None)
    elif thing.variant == 3:
        canvas.box(tx - r * 0.8, cy - r, tx + r * 0.8, cy + r, (238, 238, 236), SIGN)
        for k in (-0.5, 0.0, 0.5):
            canvas.box(tx - r * 0.5, cy + k * r - r * 0.1, tx + r * 0.5, cy + k * r + r * 0.1, (36, 36, 40), None)
    elif thing.variant == 5:
        canvas.polygon(
            [(tx - r * 1.4, cy), (tx, cy - r * 1.4), (tx + r * 1.4, cy), (tx, cy + r * 1.4)], (240, 120, 20), SIGN
        )
        canvas.box(tx - r * 0.5, cy - r * 0.3, tx + r * 0.5, cy + r * 0.3, (30, 30, 30), None)
    else:
        canvas.box(tx - r * 1.7, cy - r * 0.7, tx + r * 1.7, cy + r * 0.7, (30, 108, 72), SIGN)
        canvas.box(tx - r * 1.4, cy - r * 0.25, tx + r * 0.9, cy, (236, 236, 236), None)


def paint_traffic_light(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a traffic light, on a mast or an arm above the road."""
    px = canvas.focal / thing.z
    tall = 5.6 if thing.variant else 3.4
    tx, ty = _post(canvas, thing.x, thing.z, tall, 0.07)
    if thing.variant:
        reach = (3.0 if thing.x < 0 else -3.0) * px
        left, right = sorted((tx, tx + reach))
        canvas.box(left, ty - 0.05 * px, right, ty + 0.05 * px, (96, 98, 102), POLE)
        tx += reach
    w, h = 0.22 * px, 0.55 * px
    canvas.box(tx - w, ty - h, tx + w, ty + h, (32, 34, 32), LIGHT)
    for i, name in enumerate(("red", "yellow", "green")):
        cy = ty + (i - 1) * h * 0.62
        on = name == thing.color
        r = w * 0.62
        canvas.ellipse((tx - r, cy - r, tx + r, cy + r), _LAMPS[name] if on else shade(_LAMPS[name], 0.22), None)
        if on:
            canvas.glow(tx, cy, 0.8 * px, _LAMPS[name], 0.8 if canvas.scene.time != "day" else 0.3)


def paint_gantry(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a gantry with two signs across the whole road."""
    px = canvas.focal / thing.z
    half = canvas.scene.half_road + 1.2
    _, ty = _post(canvas, thing.x - half, thing.z, 6.4, 0.16)
    _post(canvas, thing.x + half, thing.z, 6.4, 0.16)
    left, right = canvas.project(thing.x - half, 6.2, thing.z)[0], canvas.project(thing.x + half, 6.2, thing.z)[0]
    canvas.box(left, ty, right, ty + 0.3 * px, (128, 130, 134), POLE)
    middle = (left + right) / 2
    for k in (-0.5, 0.5):
        cx = middle + k * half * 1.05 * px
        canvas.box(cx - 2.0 * px, ty - 1.2 * px, cx + 2.0 * px, ty + 1.1 * px, (28, 104, 70), SIGN)
        for row in (-0.55, 0.1):
            canvas.box(cx - 1.5 * px, ty + row * px, cx + 1.0 * px, ty + (row + 0.3) * px, (232, 236, 232), None)


def _post(canvas: Canvas, x: float, z: float, height: float, thick: float = 0.07) -> Point:
    px = canvas.focal / z
    bx, by = canvas.project(x, 0, z)
    w = max(1.2, thick * px)
    canvas.box(bx - w, by - height * px, bx + w, by, (112, 114, 118), POLE)
    canvas.box(bx - w, by - height * px, bx - w * 0.3, by, (148, 150, 154), None)
    return bx, by - height * px
