"""People: who walks, and who rides."""

import numpy as np

from bddseg_tui.core.demo.canvas import Canvas, shade
from bddseg_tui.core.demo.scene import COLORS, Rgb, SceneObject

CLASS_OF = {"person": 11, "rider": 12}
_SKIN: tuple[Rgb, ...] = ((224, 182, 150), (188, 138, 104), (132, 92, 66), (92, 62, 46))


def paint_person(canvas: Canvas, thing: SceneObject, rng: np.random.Generator) -> None:
    """Paints a person or a rider; size, clothes and posture are drawn from `rng`."""
    class_id, cloth = CLASS_OF[thing.kind], COLORS[thing.color]
    px = canvas.focal / thing.z
    riding = thing.kind == "rider"
    bx, by = canvas.project(thing.x, 0.52 if riding else 0, thing.z)
    tall = (1.2 if riding else rng.uniform(1.5, 1.86)) * px
    trousers = shade((52, 56, 72), rng.uniform(0.5, 1.5))
    stride = rng.uniform(0.02, 0.2) * px
    for leg in (-1, 1):
        foot = bx + leg * stride
        canvas.polygon(
            [
                (bx - 0.11 * px, by - tall * 0.5),
                (bx + 0.11 * px, by - tall * 0.5),
                (foot + 0.08 * px, by),
                (foot - 0.08 * px, by),
            ],
            trousers,
            class_id,
        )
    shoulder = 0.235 * px
    canvas.polygon(
        [
            (bx - shoulder * 0.75, by - tall * 0.46),
            (bx + shoulder * 0.75, by - tall * 0.46),
            (bx + shoulder, by - tall * 0.82),
            (bx - shoulder, by - tall * 0.82),
        ],
        cloth,
        class_id,
    )
    for arm in (-1, 1):
        hand = bx + arm * (shoulder + rng.uniform(0.0, 0.12) * px)
        canvas.polygon(
            [
                (bx + arm * shoulder * 0.7, by - tall * 0.82),
                (bx + arm * shoulder * 1.08, by - tall * 0.8),
                (hand + 0.05 * px, by - tall * 0.45),
                (hand - 0.05 * px, by - tall * 0.45),
            ],
            shade(cloth, 0.82),
            class_id,
        )
    r = 0.125 * px
    head = by - tall * 0.91
    skin = COLORS["black"] if riding and thing.variant == 1 else _SKIN[thing.variant % 4]
    canvas.ellipse((bx - r, head - r * 1.2, bx + r, head + r * 1.1), skin, class_id)
    if not riding:
        canvas.ellipse((bx - r, head - r * 1.25, bx + r, head - r * 0.1), (46, 36, 30), None)
