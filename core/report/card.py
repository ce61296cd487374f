"""A model card: what an exported model is, what it was trained on, how good it is, how to use it."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from bddseg_tui.core.classes import CLASSES, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.markdown import markdown, markdown_code
from bddseg_tui.core.report import tables
from bddseg_tui.core.report.usage_code import usage_code
from bddseg_tui.core.runs.architectures import SHOWN
from bddseg_tui.core.runs.encoders import STRIDE
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.export_kinds import ExportKind


def model_card(
    *,
    name: str,
    kind: ExportKind,
    config: dict[str, Any],
    dataset: str,
    evaluation: Evaluation | None,
    difference: float,
    size: tuple[int, int],
    own_size: bool = False,
    statistics: tuple[Sequence[float], Sequence[float]],
) -> str:
    """The card as Markdown with the metadata that the Hugging Face Hub reads.

    Args:
        name: of the run and checkpoint.
        kind: what it was exported as.
        config: the run's settings.
        dataset: the dataset's name.
        evaluation: of this checkpoint on val, if there is one. The metadata has its metrics as fractions (0..1), as
            the Hub compares them; the text has them in percent.
        difference: the largest difference of the export's logits from the model's.
        size: (height, width) that it was exported at.
        own_size: whether photographs go into it as large as they are.
        statistics: mean and standard deviation by channel that images are normalised with.
    """
    template = files("bddseg_tui.core.report").joinpath("card.md.j2").read_text("utf-8")
    from jinja2 import Environment

    figures = []
    if evaluation is not None:
        head = ["class", "IoU", "precision", "recall", "% of pixels"]
        rows = [
            [c.name, *map(tables.percent, (c.iou, c.precision, c.recall)), f"{c.percentage:.3f}"]
            for c in evaluation.classes
        ]
        figures.append(tables.to_markdown((head, rows)))
    environment = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    # Every string of JSON is one of YAML.
    environment.filters |= {"markdown": markdown, "code": markdown_code, "yaml": lambda text: json.dumps(str(text))}
    return environment.from_string(template).render(
        name=name,
        kind=kind,
        use=usage_code(kind, None if own_size else size, statistics),
        config=config,
        settings=tables.to_markdown((["setting", "value"], [[k, str(v)] for k, v in config.items()])),
        dataset=dataset,
        evaluation=evaluation,
        metrics=_metrics(evaluation),
        percent=tables.percent,
        classes=CLASSES,
        table=figures[0] if figures else "",
        difference=f"{difference:.2e}",
        size=size,
        own_size=own_size,
        stride=STRIDE,
        architecture=SHOWN.get(config.get("architecture", "unet"), "A network"),
        unknown=UNKNOWN,
        raw_unknown=RAW_UNKNOWN,
    )


def _metrics(evaluation: Evaluation | None) -> list[tuple[str, str, float]]:
    """(type, name, fraction) of each metric that is defined, for the Hub's model index."""
    if evaluation is None:
        return []
    known = [
        ("mean_iou", "mIoU over 19 classes", evaluation.miou19),
        ("mean_iou", "mIoU over 20 classes", evaluation.miou20),
        ("accuracy", "pixel accuracy", evaluation.pixel_accuracy),
    ]
    return [(kind, name, value) for kind, name, value in known if value is not None]
