"""Vehicles: cars, trucks, buses and trains as boxes with their windows, wheels and lights, and what has two wheels."""

from bddseg_tui.core.demo.canvas import Canvas, Point, mix, shade
from bddseg_tui.core.demo.scene import COLORS, SIZES, Rgb, SceneObject

CLASS_OF = {"car": 13, "truck": 14, "bus": 15, "train": 16, "motorcycle": 17, "bicycle": 18}


def paint_vehicle(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a car, truck, bus or train: a box in perspective, its near end towards the camera."""
    width, height, length = SIZES[thing.kind]
    height *= 1 + 0.12 * (thing.variant - 1.5) if thing.kind == "car" else 1
    paint, class_id = COLORS[thing.color], CLASS_OF[thing.kind]
    x0, x1, z0, z1 = thing.x - width / 2, thing.x + width / 2, thing.z, thing.z + length
    base = 0.28
    _shadow(canvas, x0, x1, z0, z1)
    side_x = x0 if thing.x > 0 else x1
    roof_start = 0.6 if thing.kind == "car" else 1.0
    belt = base + (height - base) * roof_start
    _side(canvas, thing, side_x, base, belt, height, z0, z1, class_id)
    corner = canvas.project
    face = [corner(x0, base, z0), corner(x1, base, z0), corner(x1, belt, z0), corner(x0, belt, z0)]
    canvas.polygon(face, shade(paint, 0.92), class_id)
    if thing.kind == "car":
        inset, back = 0.16, z0 + 0.55
        cabin = [
            corner(x0 + 0.04, belt, z0),
            corner(x1 - 0.04, belt, z0),
            corner(x1 - inset, height, back),
            corner(x0 + inset, height, back),
        ]
        canvas.polygon(cabin, shade(paint, 0.8), class_id)
        canvas.polygon(_inset(cabin, 0.82), (44, 54, 66), None)
        plate = _inset(face, 0.3, dy=0.22)
        canvas.polygon(plate, (226, 226, 218), None)
        _characters(canvas, plate)
    else:
        glass = [
            corner(x0 + 0.2, height * 0.55, z0),
            corner(x1 - 0.2, height * 0.55, z0),
            corner(x1 - 0.2, height * 0.9, z0),
            corner(x0 + 0.2, height * 0.9, z0),
        ]
        if thing.towards or thing.kind in ("bus", "train"):
            canvas.polygon(glass, (46, 58, 72), None)
        else:
            for f in (0.25, 0.5, 0.75):
                low, high = corner(x0 + width * f, base, z0), corner(x0 + width * f, height * 0.96, z0)
                canvas.box(low[0] - 1, high[1], low[0] + 1, low[1], shade(paint, 0.72), None)
    px = canvas.focal / z0
    for wheel in (x0 + 0.18, x1 - 0.18):
        cx, cy = corner(wheel, 0.17, z0)
        canvas.ellipse((cx - 0.14 * px, cy - 0.22 * px, cx + 0.14 * px, cy + 0.18 * px), (24, 24, 26), class_id)
    _lights(canvas, thing, x0, x1, base + 0.42 * (belt - base) + 0.1, px)


def _characters(canvas: Canvas, plate: list[Point]) -> None:
    """Seven dark strokes where the characters of a licence plate are, once they are wide enough to be seen."""
    left, right = min(p[0] for p in plate), max(p[0] for p in plate)
    top, bottom = min(p[1] for p in plate), max(p[1] for p in plate)
    pitch = (right - left) / 8
    if pitch < 2.5:
        return
    for k in range(1, 8):
        x = left + k * pitch
        canvas.box(
            x - pitch * 0.3,
            top + 0.2 * (bottom - top),
            x + pitch * 0.3,
            bottom - 0.2 * (bottom - top),
            (40, 44, 60),
            None,
        )


def _side(
    canvas: Canvas,
    thing: SceneObject,
    x: float,
    base: float,
    belt: float,
    height: float,
    z0: float,
    z1: float,
    class_id: int,
) -> None:
    paint = COLORS[thing.color]
    corner = canvas.project
    body = [corner(x, base, z0), corner(x, base, z1), corner(x, belt, z1), corner(x, belt, z0)]
    canvas.polygon(body, shade(paint, 0.74), class_id)
    if thing.kind == "car":
        a, b = z0 + 0.5, z1 - 1.3
        cabin = [corner(x, belt, z0 + 0.05), corner(x, belt, z1 - 0.7), corner(x, height, b), corner(x, height, a)]
        canvas.polygon(cabin, (40, 48, 58), class_id)
    else:
        panes = {"bus": 6, "train": 14}.get(thing.kind, 0)
        for i in range(panes):
            a = z0 + (z1 - z0) * (i + 0.12) / panes
            b = z0 + (z1 - z0) * (i + 0.88) / panes
            pane = [
                corner(x, height * 0.52, a),
                corner(x, height * 0.52, b),
                corner(x, height * 0.86, b),
                corner(x, height * 0.86, a),
            ]
            canvas.polygon(pane, (48, 60, 74), None)
        if thing.kind == "truck":
            cab = z1 - 2.2 if not thing.towards else z0 + 2.2
            canvas.polygon(
                [
                    corner(x, base, cab),
                    corner(x, base, cab + 0.12),
                    corner(x, height, cab + 0.12),
                    corner(x, height, cab),
                ],
                (30, 30, 32),
                None,
            )
    for z in (z0 + 0.18 * (z1 - z0), z0 + 0.8 * (z1 - z0)):
        px = canvas.focal / z
        cx, cy = corner(x, 0.32, z)
        canvas.ellipse((cx - 0.2 * px, cy - 0.34 * px, cx + 0.2 * px, cy + 0.32 * px), (22, 22, 24), class_id)
        canvas.ellipse((cx - 0.1 * px, cy - 0.17 * px, cx + 0.1 * px, cy + 0.17 * px), (128, 130, 134), None)


def _lights(canvas: Canvas, thing: SceneObject, x0: float, x1: float, y: float, px: float) -> None:
    dark = canvas.scene.time != "day" or canvas.scene.weather in ("fog", "rain")
    color: Rgb = (255, 246, 214) if thing.towards else (255, 44, 32)
    for x in (x0 + 0.2, x1 - 0.2):
        cx, cy = canvas.project(x, y, thing.z)
        canvas.box(
            cx - 0.15 * px,
            cy - 0.09 * px,
            cx + 0.15 * px,
            cy + 0.09 * px,
            color if dark else mix(color, (120, 40, 40), 0.4),
            None,
        )
        if dark:
            canvas.glow(cx, cy, (0.9 if thing.towards else 0.5) * px, color, 1.0 if thing.towards else 0.7)


def _shadow(canvas: Canvas, x0: float, x1: float, z0: float, z1: float) -> None:
    strength = 0.55 if canvas.scene.weather == "clear" and canvas.scene.time == "day" else 0.75
    near, far = canvas.project(x0 - 0.15, 0, max(1.5, z0 - 0.3)), canvas.project(x1 + 0.2, 0, z1)
    right = canvas.project(x1 + 0.25, 0, max(1.5, z0 - 0.3))
    tone = shade((64, 64, 68), strength)
    canvas.polygon([near, right, far, canvas.project(x0 - 0.1, 0, z1)], tone, None)


def _inset(points: list[Point], size: float, dy: float = 0.0) -> list[Point]:
    mx = sum(p[0] for p in points) / len(points)
    my = sum(p[1] for p in points) / len(points)
    height = max(p[1] for p in points) - min(p[1] for p in points)
    return [(mx + (x - mx) * size, my + (y - my) * (size if not dy else 0.22) + dy * height) for x, y in points]


def paint_two_wheeler(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a motorcycle or bicycle, without a rider."""
    class_id, paint = CLASS_OF[thing.kind], COLORS[thing.color]
    px = canvas.focal / thing.z
    bx, by = canvas.project(thing.x, 0, thing.z)
    heavy = thing.kind == "motorcycle"
    r, reach, thick = (0.31, 0.62, 0.16) if heavy else (0.33, 0.5, 0.06)
    lean = 0.6
    for end in (-1, 1):
        cx, cy = bx + end * reach * lean * px, by - r * px
        canvas.ellipse((cx - r * px * lean, cy - r * px, cx + r * px * lean, cy + r * px), (26, 26, 28), class_id)
        inner = r - (0.12 if heavy else 0.05)
        if not heavy:
            canvas.ellipse(
                (cx - inner * px * lean, cy - inner * px, cx + inner * px * lean, cy + inner * px),
                (112, 112, 110),
                None,
            )
    frame = [(-0.5, 0.35), (-0.15, 0.85), (0.35, 0.95), (0.5, 0.35), (0.3, 0.8), (0.0, 0.36)]
    points = [(bx + fx * px * lean * 1.1, by - fy * px) for fx, fy in frame]
    canvas.polygon(points, paint, class_id)
    canvas.box(bx - thick * px, by - 0.95 * px, bx + thick * px, by - 0.4 * px, shade(paint, 0.8), class_id)
    handle = bx + (0.4 * lean) * px
    canvas.box(handle - 0.05 * px, by - 1.08 * px, handle + 0.12 * px, by - 0.98 * px, (30, 30, 32), class_id)
