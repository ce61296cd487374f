"""Writing a report: one self-contained HTML page, and on request Markdown, CSV and the charts as files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from core.analysis.service import AnalysisService
from core.atomic import write_bytes, write_text
from core.errors import BddsegError
from core.evaluation import Evaluation
from core.report import charts, tables
from core.report.content import Content, gather
from core.report.samples import VIEWS, sample_pictures
from core.sanitize import sanitize_path
from core.workspace import Workspace


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
        BddsegError: the run is gone, or the folder cannot be written.
    """
    forms = forms or Forms()
    content = gather(workspace, evaluation, tuple(others))
    folder = to or evaluation.folder / "report"
    drawn = _charts(workspace, content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [folder / "report.html"]
        write_text(written[0], _page(content, drawn))
        if forms.markdown:
            written.append(folder / "report.md")
            write_text(written[-1], _markdown(content, list(drawn)))
        if forms.csv:
            for name, table in _tables(content).items():
                written.append(folder / f"{name}.csv")
                write_text(written[-1], tables.to_csv(table))
        if forms.charts or forms.markdown:
            for name, (draw, size) in drawn.items():
                for kind in ("svg", "png"):
                    written.append(folder / f"{name}.{kind}")
                    write_bytes(written[-1], charts.render(draw, size, kind))
    except OSError as error:
        raise BddsegError(f"{sanitize_path(folder)} cannot be written ({error.strerror})") from error
    return written


Charts = dict[str, tuple[charts.Draw, tuple[float, float]]]


def _charts(workspace: Workspace, content: Content) -> Charts:
    """Every chart of the report by its file's name, with its size in inches."""
    evaluation = content.evaluation
    by_column = AnalysisService(workspace).matrix(evaluation, "pixels", "column")
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
    if evaluation.raw.get("calibration"):
        found["calibration"] = (charts.reliability(evaluation), (4.6, 4.2))
    return found


def _tables(content: Content) -> dict[str, tables.Table]:
    found = {
        "overall": tables.overall(content),
        "classes": tables.classes(content),
        "labels": tables.labels(content),
        "slices": tables.slices(content),
        "confusion": tables.confusion(content),
        "settings": tables.settings(content),
    }
    return {name: table for name, table in found.items() if table[1]}


def _page(content: Content, drawn: Charts) -> str:
    from jinja2 import Environment

    template = files("core").joinpath("report", "report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    svgs = {name: _inline(charts.render(draw, size)) for name, (draw, size) in drawn.items()}
    return environment.from_string(template).render(
        content=content,
        evaluation=content.evaluation,
        percent=tables.percent,
        tables=_tables(content),
        charts=svgs,
        views=[label for _, label in VIEWS],
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


def _markdown(content: Content, names: list[str]) -> str:
    titles = {
        "overall": "Overall",
        "classes": "Classes",
        "labels": "Classes found in images",
        "slices": "Slices",
        "settings": "Settings",
    }
    parts = [f"# {content.evaluation.name} on {content.dataset}\n"]
    for name, table in _tables(content).items():
        if name in titles:
            parts.append(f"## {titles[name]}\n\n{tables.to_markdown(table)}")
    parts.append("## Charts\n\n" + "\n".join(f"![{_words(name)}]({name}.png)\n" for name in names))
    return "\n".join(parts)


def _words(name: str) -> str:
    return re.sub("-", " ", name)
