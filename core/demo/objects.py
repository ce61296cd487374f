"""The objects of a scene, each painted by what it is."""

import numpy as np

from bddseg_tui.core.demo.canvas import Canvas
from bddseg_tui.core.demo.people import paint_person
from bddseg_tui.core.demo.roadworks import paint_works
from bddseg_tui.core.demo.scene import SceneObject
from bddseg_tui.core.demo.street_furniture import paint_gantry, paint_lamp, paint_sign, paint_traffic_light
from bddseg_tui.core.demo.vehicles import paint_two_wheeler, paint_vehicle


def paint_object(canvas: Canvas, thing: SceneObject, label: int, rng: np.random.Generator) -> None:
    """Paints one object; `label` is its place in the scene's list."""
    canvas.start(thing.z, label)
    match thing.kind:
        case "car" | "truck" | "bus" | "train":
            paint_vehicle(canvas, thing)
        case "motorcycle" | "bicycle":
            paint_two_wheeler(canvas, thing)
        case "person" | "rider":
            paint_person(canvas, thing, rng)
        case "lamp":
            paint_lamp(canvas, thing)
        case "sign":
            paint_sign(canvas, thing)
        case "traffic light":
            paint_traffic_light(canvas, thing)
        case "gantry":
            paint_gantry(canvas, thing)
        case "cone" | "barrier board" | "excavator":
            paint_works(canvas, thing)
