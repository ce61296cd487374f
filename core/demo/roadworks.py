"""What stands on a construction site: cones, striped boards, an excavator. BDD100K has no class for them."""

from bddseg_tui.core.demo.canvas import Canvas, shade
from bddseg_tui.core.demo.scene import COLORS, SceneObject

RAW_UNKNOWN = 255
_ORANGE, _WHITE, _IRON = (244, 104, 24), (238, 238, 232), (58, 56, 54)


def paint_works(canvas: Canvas, thing: SceneObject) -> None:
    """Paints a cone, a barrier board or an excavator; the canvas has begun its instance."""
    match thing.kind:
        case "cone":
            _cone(canvas, thing)
        case "barrier board":
            _board(canvas, thing)
        case "excavator":
            _excavator(canvas, thing)


def _cone(canvas: Canvas, thing: SceneObject) -> None:
    px = canvas.focal / thing.z
    x, y = canvas.project(thing.x, 0, thing.z)
    canvas.box(x - 0.26 * px, y - 0.07 * px, x + 0.26 * px, y, shade(_ORANGE, 0.7), RAW_UNKNOWN)
    canvas.polygon(
        [(x - 0.2 * px, y - 0.06 * px), (x + 0.2 * px, y - 0.06 * px), (x, y - 0.85 * px)], _ORANGE, RAW_UNKNOWN
    )
    canvas.box(x - 0.1 * px, y - 0.45 * px, x + 0.1 * px, y - 0.3 * px, _WHITE, RAW_UNKNOWN)


def _board(canvas: Canvas, thing: SceneObject) -> None:
    left, right, z = thing.x - 0.85, thing.x + 0.85, thing.z
    px = canvas.focal / z
    for x in (left + 0.15, right - 0.15):
        foot = canvas.project(x, 0, z)
        canvas.box(foot[0] - 0.05 * px, foot[1] - 1.1 * px, foot[0] + 0.05 * px, foot[1], _IRON, RAW_UNKNOWN)
    for low, high in ((0.45, 0.68), (0.85, 1.08)):
        corners = [canvas.project(a, b, z) for a, b in ((left, low), (right, low), (right, high), (left, high))]
        canvas.polygon(corners, _WHITE, RAW_UNKNOWN)
        for k in range(6):
            a = left + (right - left) * k / 6
            stripe = [(a, low), (a + 0.14, low), (a + 0.28, high), (a + 0.14, high)]
            canvas.polygon([canvas.project(u, v, z) for u, v in stripe], (214, 40, 36), None)


def _excavator(canvas: Canvas, thing: SceneObject) -> None:
    """From the side: tracks, a cab, and an arm that reaches up and towards the road."""
    paint = COLORS[thing.color]
    px = canvas.focal / thing.z
    x, y = canvas.project(thing.x, 0, thing.z)
    reach = -1 if thing.towards else 1
    canvas.box(x - 1.5 * px, y - 0.7 * px, x + 1.5 * px, y, _IRON, RAW_UNKNOWN)
    canvas.box(x - 1.3 * px, y - 1.7 * px, x + 1.2 * px, y - 0.6 * px, paint, RAW_UNKNOWN)
    cab = x + reach * 0.2 * px
    canvas.box(cab - 0.6 * px, y - 2.8 * px, cab + 0.6 * px, y - 1.6 * px, shade(paint, 0.85), RAW_UNKNOWN)
    canvas.box(cab - 0.45 * px, y - 2.65 * px, cab + 0.45 * px, y - 1.9 * px, (52, 66, 80), None)
    elbow, wrist = (x + reach * 2.2 * px, y - 3.9 * px), (x + reach * 3.6 * px, y - 2.2 * px)
    root = (x + reach * 0.9 * px, y - 1.5 * px)
    for a, b in ((root, elbow), (elbow, wrist)):
        w = 0.2 * px
        canvas.polygon([(a[0] - w, a[1]), (a[0] + w, a[1]), (b[0] + w, b[1]), (b[0] - w, b[1])], paint, RAW_UNKNOWN)
    canvas.polygon(
        [
            (wrist[0] - 0.5 * px, wrist[1]),
            (wrist[0] + 0.4 * px, wrist[1]),
            (wrist[0] - reach * 0.3 * px, wrist[1] + 0.8 * px),
        ],
        _IRON,
        RAW_UNKNOWN,
    )
