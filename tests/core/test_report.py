"""Reports: only files of their own are replaced, and nothing that a name says is live in them."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.owned_folder import MARKER
from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, Pair, write_duplicates
from bddseg_tui.core.quality.label_error_search import search_folder
from bddseg_tui.core.quality.label_findings import Findings, ImageFinding, Swap, write_findings
from bddseg_tui.core.quality.start_search import duplicates_folder
from bddseg_tui.core.report import tables
from bddseg_tui.core.report.card import model_card
from bddseg_tui.core.report.content import gather
from bddseg_tui.core.report.write import Forms, html_page, markdown_page
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.evaluation import Evaluation, load_evaluation
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace

EVIL = '![x](http://evil.com/x.png) <img src=x onerror=alert(1)> www.evil.com "a": $x$ $'


@pytest.fixture
def evaluation(workspace: Workspace, drawn: Path, tmp_path: Path) -> Evaluation:
    """A finished evaluation whose dataset and split are called what nobody calls them."""
    dataset = tmp_path / EVIL.replace("/", "\\")
    dataset.symlink_to(drawn)
    run = create_run(workspace, dataset, build_config("demo"), "demo")
    folder = run.folder / "evaluation" / "best-val"
    folder.mkdir(parents=True)
    one = {"iou": 0.5, "precision": 0.5, "recall": 0.5, "pixels": 10, "percentage": 5.0, "boundary_iou": 0.5}
    result = {
        "run": run.name,
        "checkpoint": "best",
        "split": EVIL,
        "images": 2,
        "pixel_accuracy": 0.5,
        "miou19": 0.5,
        "miou20": 0.5,
        "classes": [{"id": i, "name": f"class {i}", **one} for i in range(20)],
        "confusion": [[1] * 20] * 20,
        "left_out": 0,
    }
    (folder / "result.json").write_text(json.dumps(result))
    return load_evaluation(folder)


def _live(markdown: str) -> set[str]:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(markdown)
    kinds = {t.type for token in tokens for t in [token, *(token.children or [])]}
    return kinds & {"link_open", "image", "html_inline", "html_block"}


def test_nothing_in_markdown_is_live(workspace: Workspace, evaluation: Evaluation) -> None:
    text = markdown_page(gather(workspace, evaluation), [])
    assert "evil" in text
    assert _live(text) == set()


def test_nothing_in_the_page_is_live(workspace: Workspace, evaluation: Evaluation) -> None:
    page = html_page(gather(workspace, evaluation), {})
    assert "evil" in page
    assert "<img" not in page


def test_a_model_card_says_names_and_nothing_more(evaluation: Evaluation) -> None:
    card = model_card(
        name=EVIL,
        kind="smp",
        config={"encoder": EVIL + "`", "loss": EVIL},
        dataset=EVIL,
        evaluation=evaluation,
        difference=0.0,
        size=(32, 64),
        statistics=([0], [1]),
    )
    head, body = card.removeprefix("---\n").split("\n---\n", 1)
    assert f"dataset: {{name: {json.dumps(EVIL)}, type: bdd100k, split: {json.dumps(EVIL)}}}" in head
    assert _live(body) == set()


@pytest.mark.parametrize("word", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"])
def test_no_cell_of_a_csv_is_a_formula_also_in_its_head(word: str) -> None:
    head, row = csv.reader(io.StringIO(tables.to_csv(([word], [[word]]))))
    assert head == row == [f"'{word}"]


@pytest.mark.parametrize("word", ["-0.5", "1e-5", "12"])
def test_figures_stay_figures(word: str) -> None:
    assert tables.to_csv((["x"], [[word]])) == f"x\r\n{word}\r\n"


def test_a_report_refuses_to_replace_a_file_of_the_persons(
    engine: Engine, evaluation: Evaluation, tmp_path: Path
) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to/classes.csv").write_text("theirs")
    with pytest.raises(BddsegError, match=r"report refuses to replace classes\.csv"):
        engine.analysis.report(evaluation, to=tmp_path / "to", forms=Forms(csv=True))
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["classes.csv"]


def test_a_report_beside_its_evaluation_replaces_that_of_an_earlier_version(
    engine: Engine, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.core.report.write._charts", lambda *_: {})  # they take seconds
    folder = evaluation.folder / "report"
    folder.mkdir()
    (folder / "report.html").write_text("old")
    (page,) = engine.analysis.report(evaluation)
    assert "</html>" in page.read_text()
    assert (folder / MARKER).exists()
    assert engine.analysis.report(evaluation) == [page]


def test_what_was_measured_of_the_dataset_is_a_part_of_the_report(
    engine: Engine, workspace: Workspace, evaluation: Evaluation
) -> None:
    assert "how val differs" not in html_page(gather(workspace, evaluation), {})
    collection = engine.data.open(engine.runs.find(evaluation.run).dataset)
    engine.quality.measure(collection, lambda done, total: None)
    content = gather(workspace, evaluation)
    made = engine.analysis.report(evaluation, forms=Forms(markdown=True, csv=True))
    assert {"places.csv", "differences.csv"} <= {path.name for path in made}
    page = made[0].read_text()
    assert "how val differs from train" in page and content.data is not None and content.data.places.masks == 18


def test_label_errors_that_were_searched_are_a_part_of_the_report(
    engine: Engine, workspace: Workspace, evaluation: Evaluation
) -> None:
    assert "The dataset: label errors" not in html_page(gather(workspace, evaluation), {})
    folder = search_folder(workspace, engine.runs.find(evaluation.run).dataset)
    folder.mkdir(parents=True)
    found = (ImageFinding("images/<b>.jpg", 0.125, 1, 0, 0.2), ImageFinding("fine.jpg", 1.0, None, None, 0.0))
    write_findings(folder, Findings("by 4 models", 1.0, found, (Swap(1, 0, 3, 2, 0.1),)))
    page = html_page(gather(workspace, evaluation), {})
    assert "1 of 2 masks are suspect by 4 models" in page and "images/&lt;b&gt;.jpg" in page and "fine.jpg" not in page
    assert re.search(r"sidewalk</td>\s*<td[^>]*>road", page)


def test_duplicates_and_what_is_in_two_splits_are_a_part_of_the_report(
    engine: Engine, workspace: Workspace, evaluation: Evaluation
) -> None:
    assert "what is in two splits" not in html_page(gather(workspace, evaluation), {})
    collection = engine.data.open(engine.runs.find(evaluation.run).dataset)
    engine.data.scan(collection, lambda done, total: None)
    splits = collection.catalog.split_of_images()
    train, val = (next(i for i, split in splits.items() if split == wanted) for wanted in ("train", "val"))
    to = duplicates_folder(workspace, collection.dataset.root) / DUPLICATES_FILE
    write_duplicates(to, [Pair(train, val, 0.97, "picture")], "by hand", len(splits))
    page = html_page(gather(workspace, evaluation), {})
    assert "what is in two splits" in page and train in page and val in page and "97.0" in page
