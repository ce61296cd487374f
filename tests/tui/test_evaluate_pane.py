"""The Evaluate pane, with real jobs behind it."""

import shutil
import threading
from pathlib import Path

import pytest
from textual.widgets import ContentSwitcher, Input, Label, Static

from bddseg_tui.core.analysis.matrix import Matrix
from bddseg_tui.core.analysis.slices import Slice
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import tail_log
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.evaluate.class_table import ClassTable
from bddseg_tui.tui.evaluate.diagnosis_screen import DiagnosisScreen
from bddseg_tui.tui.evaluate.evaluation_list import EvaluationList
from bddseg_tui.tui.evaluate.heatmap import Heatmap
from bddseg_tui.tui.evaluate.image_list import ImageList
from bddseg_tui.tui.evaluate.image_preview import ImagePreview
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen
from bddseg_tui.tui.evaluate.matrix_screen import MatrixScreen
from bddseg_tui.tui.evaluate.pane import EvaluatePane
from bddseg_tui.tui.evaluate.score_table import ScoreTable
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture
from tests.tui.conftest import Told, text, until, until_scanned


def matrix(app: BddsegApp) -> Matrix | None:
    """What the screen of the matrix shows."""
    assert isinstance(app.screen, MatrixScreen)
    return app.screen.matrix


async def test_views_matrix_and_slices_of_an_evaluation_lead_to_its_images(app: BddsegApp, trained: Run) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane))
        await until(pilot, lambda: app.query_one(ClassTable).row_count == 20)
        figures = app.query_one(ScoreTable)
        await pilot.press("v")
        await until(pilot, lambda: figures.row_count == 24 and figures.display)
        assert "exact match" in text(app, "#confusions")
        missed = next(
            n for n in range(20) if figures.get_row_at(n)[2].plain == "0.0" and figures.get_row_at(n)[4].plain != "0"
        )
        figures.focus()
        figures.move_cursor(row=missed)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ImagesScreen))
        assert "was missed" in str(app.screen.query_one("#some-images--title", Label).render())
        await pilot.press("escape", "t")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = "0.5%"
        await pilot.press("enter")
        await until(pilot, lambda: "0.5 %" in text(app, "#confusions"))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MatrixScreen) and app.screen.matrix)
        await pilot.press("v")
        await until(pilot, lambda: (shown := matrix(app)) and shown.kind == "pixels")
        heat = app.screen.query_one(Heatmap)
        await pilot.press("l", "j", "g", "end", "home", "n", "n", "n")
        shown = matrix(app)
        assert shown
        counts = shown.counts
        heat.cell = next((r, c) for r in range(20) for c in range(20) if r != c and counts[r][c])
        await pilot.pause()
        assert "predicted as" in str(app.screen.query_one("#matrix--cell", Label).render())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ImagesScreen))
        await until(pilot, lambda: all(p._drawn for p in app.screen.query(PictureView)))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        await pilot.press("escape", "o")
        await until(pilot, lambda: app.query_one("#panes", ContentSwitcher).current == "dataset")
        await pilot.press("3", "v")
        await until(pilot, lambda: "whole split" in text(app, "#confusions"))
        figures.focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.query_one(FilterBar).text.startswith("split:val "))
        await until(pilot, lambda: 0 < app.query_one(SampleList).count < 6)


async def test_two_evaluations_are_compared_by_image_and_setting_and_reported(
    told: Told, app: BddsegApp, trained: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
    folder = engine.runs.evaluate(trained, tta="flip")
    assert engine.runs.wait(folder).state == "finished", tail_log(folder)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane))
        await until(pilot, lambda: app.query_one(ClassTable).row_count == 20)
        await pilot.press("d")
        await pilot.pause()
        assert "compare with: c" in told()
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "◆" in text(app, "#evaluation-summary"))
        assert app.query_one(EvaluationList).refused == ""
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ImagesScreen))
        assert app.screen.query_one(VimList).option_count == 6
        names = [str(app.screen.query_one(f"#panel--name{n}", Label).render()) for n in range(4)]
        assert [name.partition(":")[0] for name in names] == ["before", "now", "before", "now"]
        before, now = (app.screen.query_one(f"#panel--picture{n}", PictureView)._request for n in (2, 3))
        assert before and now and before.prediction and now.prediction and before.prediction != now.prediction
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        await pilot.press("escape", "escape", "S")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("escape", "p")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = str(tmp_path / "made")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "made/report.html").exists())
        assert "Side by side" in (tmp_path / "made/report.html").read_text()
        await until(pilot, lambda: "o opens it" in told())
        await pilot.press("o")
        await until(pilot, lambda: app.clipboard == str(tmp_path / "made/report.html"))


async def test_an_evaluation_of_an_earlier_version_says_to_evaluate_again(
    told: Told, app: BddsegApp, trained: Run
) -> None:
    for name in ("images.json", "confusion.npy"):
        (trained.evaluations()[0] / name).unlink()
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane))
        await until(pilot, lambda: app.query_one(ClassTable).row_count == 20)
        await pilot.press("v")
        await until(pilot, lambda: "evaluate again" in told())


async def test_an_evaluation_is_read_sorted_compared_and_its_images_opened(app: BddsegApp, trained: Run) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane))
        table = app.query_one(ClassTable)
        await until(pilot, lambda: table.row_count == 20)
        assert "mIoU19" in text(app, "#evaluation-summary")
        await pilot.press("s")
        ious = [c.iou for c in table._rows if c.iou is not None]
        assert ious == sorted(ious)
        await pilot.press("r")
        assert [c.iou for c in table._rows if c.iou is not None] == ious[::-1]
        assert "was predicted as" in text(app, "#confusions")
        images = app.query_one("#images", VimList)
        await until(pilot, lambda: images.option_count == 6)
        await pilot.press("w")
        await until(pilot, lambda: "best mIoU" in str(app.query_one("#image-title", Label).render()))
        images.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        pictures = list(app.screen.query(ZoomPicture))
        await until(pilot, lambda: all(p.drawn for p in pictures))
        assert len({p.size for p in pictures}) == 1
        await pilot.press("v", "j", "k", "right_square_bracket", "plus", "L")
        await until(pilot, lambda: len({p.drawn and p.drawn.placement.part for p in pictures}) == 1)
        assert pictures[0].drawn and pictures[0].drawn.placement.part.x > 0
        await pilot.press("z")
        await until(pilot, lambda: "area 1/" in str(app.screen.query_one("#side--caption", Label).render()))
        await pilot.press("escape")
        assert not isinstance(app.screen, SideBySideScreen)


async def test_the_worst_image_of_the_worst_class_is_five_keys_away(app: BddsegApp, trained: Run) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane) and app.query_one(ClassTable).row_count == 20)
        await pilot.press("s", "enter")
        worst = app.query_one(ClassTable)._rows[0]
        await pilot.press("enter")
        images = app.query_one(ImageList)
        await until(pilot, lambda: images.image)
        assert f"worst {worst.name} first" in str(app.query_one("#image-title", Label).render())
        assert images.image and images.image.about.startswith(worst.name) and images.has_focus
        shown = app.query_one(ImagePreview)
        await until(pilot, lambda: shown.display and all(p._drawn for p in shown.query(PictureView)))
        assert {p._request.view for p in shown.query(PictureView) if p._request} >= {"prediction", "outcome"}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.query_one(ClassTable).has_focus)
        assert images.listing.class_id is None and not shown.display


async def test_nothing_of_another_evaluation_stands_below_a_heading(
    app: BddsegApp, furnished: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(furnished.root, engine.workspace.root)
    slow, slices = threading.Event(), AnalysisService.slices

    def waiting(service: AnalysisService, evaluation: Evaluation) -> list[Slice]:
        if evaluation.tta == "flip":
            slow.wait(60)
        return slices(service, evaluation)

    monkeypatch.setattr(AnalysisService, "slices", waiting)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane) and app.query_one(ClassTable).row_count == 20)
        await pilot.press("v", "v")
        table = app.query_one(ScoreTable)
        await until(pilot, lambda: table.row_count)
        await pilot.press("j")
        await until(pilot, lambda: app.query_one(EvaluationList).chosen == "0001-demo/best-val+flip")
        assert table.row_count == 0 and "reading" in text(app, "#confusions")
        await pilot.press("k")
        await until(pilot, lambda: table.row_count)
        rows = table.row_count
        slow.set()
        await pilot.press("j")
        await until(pilot, lambda: table.row_count == rows)


async def test_an_evaluation_is_made_and_deleted_while_keys_go_on(
    app: BddsegApp, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, delete = threading.Event(), AnalysisService.delete

    def waiting(service: AnalysisService, run: Run, name: str) -> None:
        slow.wait(60)
        delete(service, run, name)

    monkeypatch.setattr(AnalysisService, "delete", waiting)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3", "n")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press(*"last", "space", *"mirror", "enter")
        made = trained.folder / "evaluation" / "last-val+flip"
        await until(pilot, lambda: (made / "result.json").is_file())
        evaluations = app.query_one("#evaluations", VimList)
        await until(pilot, lambda: evaluations.chosen == f"{trained.name}/{made.name}")
        await until(pilot, lambda: app.query_one(ClassTable).row_count == 20)
        await pilot.press("x", "y", "v")
        assert "classes found" in str(app.query_one("#view-title", Label).render()), "a key waited for the disk"
        assert made.exists()
        slow.set()
        await until(pilot, lambda: not made.exists() and evaluations.option_count == 1)


async def test_predictions_of_an_evaluation_are_browsed_in_the_dataset_pane(app: BddsegApp, trained: Run) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until_scanned(app, pilot)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and app.screen.query("ChoiceList"))
        await until(pilot, lambda: app.screen.query_one(ChoiceList).count == 2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.query_one(DatasetPane).evaluation == f"{trained.name}/best-val")
        await pilot.press("slash", *"is:scored sort:iou")
        await until(pilot, lambda: app.query_one(SampleList).count == 6)
        await pilot.press("escape")
        picture = app.query_one(PictureView)
        for key in "pe":
            await pilot.press(key)
            await until(pilot, lambda key=key: picture._request.view[0] == key and picture._drawn)  # type: ignore[misc, union-attr]


async def test_why_each_class_is_so_is_listed_worst_first_and_copied_as_text(app: BddsegApp, trained: Run) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("3")
        await until(pilot, lambda: app.query(EvaluatePane))
        await until(pilot, lambda: app.query_one(ClassTable).row_count == 20)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen) and app.screen.diagnosis)
        classes = app.screen.query_one(VimList)
        await until(pilot, lambda: classes.option_count == 19)
        await pilot.press("end")
        await until(pilot, lambda: "absent from val" in str(app.screen.query_one("#diagnosis--class", Static).render()))
        await pilot.press("y")
        assert "why" in app.clipboard and "pooled" in app.clipboard
