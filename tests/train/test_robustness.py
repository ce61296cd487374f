"""A checkpoint on corrupted images: what is measured is kept, and an evaluation's place is left alone."""

import json

import pytest

from bddseg_tui.core.jobs.job_writer import StopRequestedError
from bddseg_tui.core.runs.robustness import Robustness, load_robustness, robustness_folder
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train import robustness
from bddseg_tui.tui.cli.corrupted import corrupted
from bddseg_tui.tui.cli.output import SCHEMA
from bddseg_tui.tui.shared.robustness_text import robustness_lines
from tests.train.in_process import job
from tests.tui.json_output import parsed


def test_a_job_that_was_stopped_goes_on_with_what_is_not_measured_yet(
    copied: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, before = robustness_folder(copied.folder, "best", "val"), sorted(copied.folder.glob("evaluation/*"))
    measure, asked = robustness._measure, []

    def stopped_at_night(model, samples, how, kind, severity, writer, progress):  # type: ignore[no-untyped-def]
        asked.append((kind, severity))
        if kind == "night" and len(asked) == 3:
            raise StopRequestedError
        return measure(model, samples, how, kind, severity, writer, progress)

    monkeypatch.setattr(robustness, "_measure", stopped_at_night)
    with job(folder) as writer, pytest.raises(StopRequestedError):
        robustness.corrupt_run(copied, "best", "val", ("fog", "night"), (5,), writer)
    kept = load_robustness(folder)
    assert kept is not None and [c["kind"] for c in kept.cells] == ["clean", "fog"]
    with job(folder) as writer:
        robustness.corrupt_run(copied, "best", "val", ("fog", "night"), (5,), writer)
    assert asked == [(None, 0), ("fog", 5), ("night", 5), ("night", 5)]
    found = load_robustness(folder)
    assert found is not None and [c["kind"] for c in found.cells] == ["clean", "fog", "night"]
    assert found.cells[:2] == kept.cells
    assert sorted(copied.folder.glob("evaluation/*")) == before
    _tells(found)


def _tells(found: Robustness) -> None:
    assert found.clean is not None and found.cell("fog", 5) != found.clean
    text = "\n".join(robustness_lines(found))
    assert "night" in text and "the class that loses most" in text
    parsed("evaluate --corrupt", json.dumps({"schema": SCHEMA, **corrupted(found)}))
