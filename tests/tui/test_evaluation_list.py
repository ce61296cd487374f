"""Which evaluation the Evaluate pane begins with, and what it can be compared with."""

from dataclasses import replace
from pathlib import Path

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.runs.run import Run
from bddseg_tui.tui.evaluate.comparison import comparable
from bddseg_tui.tui.evaluate.evaluation_list import first_choice
from bddseg_tui.tui.evaluate.evaluation_text import overall_metrics


def state(name: str, dataset: str = "/data/bdd", split: str | None = "val") -> EvaluationState:
    """An evaluation, or one that still runs if there is no split."""
    run, _, last = name.partition("/")
    result = None
    if split is not None:
        result = Evaluation(run, "best", split, 6, 0.5, 0.25, 0.2, (), (), 0, Path(last), {}, boundary_miou19=0.125)
    return EvaluationState(Run(Path(run)), name, dataset, Status("finished" if split else "running"), result)


NEWEST_FIRST = [
    state("4/best-val", split=None),
    state("3/best-val", "/data/camvid"),
    state("2/best-train", split="train"),
    state("1/best-val"),
]


def test_what_is_finished_comes_before_what_runs_and_the_open_dataset_before_others() -> None:
    assert first_choice(NEWEST_FIRST, "/data/bdd") == "2/best-train"
    assert first_choice(NEWEST_FIRST, "/data/camvid") == "3/best-val"
    assert first_choice(NEWEST_FIRST[:2], "/data/bdd") == "3/best-val"
    assert first_choice(NEWEST_FIRST[:1], "/data/bdd") == "4/best-val"
    assert first_choice([], "/data/bdd") is None


def test_only_what_was_measured_on_the_same_images_is_offered_for_a_comparison() -> None:
    other = state("5/last-val")
    assert comparable(NEWEST_FIRST[3], [*NEWEST_FIRST, other]) == [other]


def test_metrics_keep_all_figures_and_the_name_at_every_width() -> None:
    found = NEWEST_FIRST[3].result
    assert found
    for width in (120, 70, 48):
        lines = overall_metrics("bdd", found, None, width).plain.split("\n")
        assert max(map(len, lines)) <= width and lines[1].startswith(" bdd val, 6 images")
        assert all(figure in "\n".join(lines) for figure in ("50.0", "25.0", "20.0", "12.5"))
    compared = overall_metrics("bdd", found, replace(found, miou19=0.75), 48).plain.split("\n")
    assert [line.split()[-3] for line in compared[1:3]] == ["25.0", "75.0"]
