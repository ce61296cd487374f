"""Writing a report: one self-contained HTML page, and on request Markdown, CSV and the charts as files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from bddseg_tui.core.analysis.evaluation_analysis import matrix_of
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.markdown import markdown
from bddseg_tui.core.quality.diagnosis_text import notes
from bddseg_tui.core.report import charts, tables
from bddseg_tui.core.report.content import Content, gather
from bddseg_tui.core.report.dataset_part import difference_table, draw_places, odd_table, place_table
from bddseg_tui.core.report.duplicates_part import duplicate_table, leakage_table
from bddseg_tui.core.report.label_part import suspect_table, swap_table
from bddseg_tui.core.report.learning import learned_pictures, shown_epochs
from bddseg_tui.core.report.samples import VIEWS, sample_pictures
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Forms:
    """Which forms a report is written in beside HTML."""

    markdown: bool = False
    csv: bool = False
    charts: bool = False


def write_report(
    workspace: Workspace,
    evaluation: Evaluation,
    others: Sequence[Evaluation] = (),
    to: Path | None = None,
    forms: Forms | None = None,
) -> list[Path]:
    """Writes a report into the folder `to` (default: beside the evaluation); returns the files, the page first.

    Raises:
        BddsegError: the run is gone, the folder cannot be written, or holds files of these names that no report made.
    """
    forms = forms or Forms()
    content = gather(workspace, evaluation, tuple(others))
    folder = to or evaluation.folder / "report"
    drawn = _charts(content)
    made = _files(content, drawn, forms)
    owned = own(folder, "report")
    if folder == evaluation.folder / "report":
        # In the workspace: what is there was written by a version without markers.
        owned.adopt(name for name in made if (folder / name).exists())
    owned.claim(made)
    try:
        for name, make in made.items():
            write_bytes(folder / name, make())
    except OSError as error:
        raise disk_error(error, folder) from error
    owned.done(made)
    return [folder / name for name in made]


def _files(content: Content, drawn: "Charts", forms: Forms) -> dict[str, Callable[[], bytes]]:
    """How each file of the report is made, by its name; the page first."""
    made: dict[str, Callable[[], bytes]] = {"report.html": lambda: html_page(content, drawn).encode()}
    if forms.markdown:
        made["report.md"] = lambda: markdown_page(content, list(drawn)).encode()
    if forms.csv:
        for name, table in _tables(content).items():
            made[f"{name}.csv"] = partial(lambda table: tables.to_csv(table).encode(), table)
    if forms.charts or forms.markdown:
        for name, (draw, size) in drawn.items():
            for kind in ("svg", "png"):
                made[f"{name}.{kind}"] = partial(charts.render, draw, size, kind)
    return made


Charts = dict[str, tuple[charts.Draw, tuple[float, float]]]


def _charts(content: Content) -> Charts:
    """Every chart of the report by its file's name, with its size in inches."""
    evaluation = content.evaluation
    by_column = matrix_of(evaluation, "pixels", "column")
    found: Charts = {
        "loss": (charts.loss_chart(content.history), (8.0, 3.4)),
        "iou-share": (charts.iou_against_share(evaluation), (8.0, 4.6)),
    }
    if len(content.evaluations) > 1:
        found["compared"] = (charts.compared_ious(content.evaluations), (8.0, 6.4))
    found["confusion-recall"] = (charts.heat_map(content.pixel_matrix), (8.0, 6.8))
    found["confusion-precision"] = (charts.heat_map(by_column), (8.0, 6.8))
    if content.label_matrix is not None:
        found["confusion-labels"] = (charts.heat_map(content.label_matrix), (8.0, 6.8))
    if content.robustness is not None and content.robustness.kinds:
        found["corrupted"] = (charts.corrupted(content.robustness), (8.0, 3.8))
    if evaluation.raw.get("calibration"):
        found["calibration"] = (charts.reliability(evaluation), (4.6, 4.2))
    if content.data is not None:
        found["places"] = (partial(draw_places, content.data), (8.0, 4.6))
    return found


def _tables(content: Content) -> dict[str, tables.Table]:
    found = {
        "overall": tables.overall(content),
        "classes": tables.classes(content),
        "diagnosis": tables.diagnosis(content),
        "parts": tables.parts(content),
        "corrupted": tables.robustness(content),
        "labels": tables.labels(content),
        "slices": tables.slices(content),
        "confusion": tables.confusion(content),
        "settings": tables.settings(content),
        "places": place_table(content.data),
        "differences": difference_table(content.data),
        "odd-images": odd_table(content.data),
        "label-swaps": swap_table(content.label_errors),
        "suspect-masks": suspect_table(content.label_errors),
        "duplicates": duplicate_table(content.duplicates, content.leaks),
        "leakage": leakage_table(content.leaks),
    }
    return {name: table for name, table in found.items() if table[1]}


def html_page(content: Content, drawn: Charts) -> str:
    """The report as one HTML page that needs no other file; texts of the dataset are escaped."""
    from jinja2 import Environment

    template = files("bddseg_tui.core.report").joinpath("report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    svgs = {name: _inline(charts.render(draw, size)) for name, (draw, size) in drawn.items()}
    return environment.from_string(template).render(
        content=content,
        evaluation=content.evaluation,
        percent=tables.percent,
        notes=notes(content.diagnosis) if content.diagnosis else [],
        tables=_tables(content),
        charts=svgs,
        views=[label for _, label in VIEWS],
        learned=learned_pictures(content.learned),
        learned_epochs=shown_epochs(content.learned),
        worst=sample_pictures(content.worst),
        typical=sample_pictures(content.typical),
        changed=[
            (picture, before, after) for row, before, after in content.changed for picture in sample_pictures([row])
        ],
    )


def _inline(svg: bytes) -> str:
    """An SVG as part of a page: without the XML head. What it refers to has ids made of its content."""
    text = svg.decode("utf-8")
    return text[text.index("<svg") :]


def markdown_page(content: Content, names: list[str]) -> str:
    """The report as Markdown; `names` are those of the charts that stand beside it."""
    titles = {
        "overall": "Overall",
        "classes": "Classes",
        "diagnosis": "Why each class is so",
        "parts": "Recall by parts",
        "corrupted": "Corrupted images",
        "labels": "Classes found in images",
        "slices": "Slices",
        "settings": "Settings",
        "places": "The dataset: where classes are",
        "differences": "The dataset: how val differs from train",
        "odd-images": "The dataset: odd images",
        "label-swaps": "The dataset: what is labelled as what",
        "suspect-masks": "The dataset: suspect masks",
        "duplicates": "The dataset: duplicates",
        "leakage": "The dataset: what is in two splits",
    }
    parts = [f"# {markdown(content.evaluation.name)} on {markdown(content.dataset)}\n"]
    for name, table in _tables(content).items():
        if name in titles:
            parts.append(f"## {titles[name]}\n\n{tables.to_markdown(table)}")
    parts.append("## Charts\n\n" + "\n".join(f"![{_words(name)}]({name}.png)\n" for name in names))
    return "\n".join(parts)


def _words(name: str) -> str:
    return re.sub("-", " ", name)
