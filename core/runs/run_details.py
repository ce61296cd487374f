"""What is shown of one run beside its status and its history."""

from dataclasses import dataclass

from bddseg_tui.core.runs.job_list import Job, jobs_of
from bddseg_tui.core.runs.run import Run


@dataclass(frozen=True)
class RunDetails:
    """A run as it was when it was looked at.

    Attributes:
        dataset: the path of its dataset as printable text; a dash where the configuration is damaged.
        preset: what its settings began with.
        problem: what is wrong with its configuration; empty for nothing.
        checkpoints: which of `best` and `last` there are.
        jobs: the live jobs that use its model; its own training is not among them.
    """

    dataset: str = "-"
    preset: str = ""
    problem: str = ""
    checkpoints: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()


def read_details(run: Run) -> RunDetails:
    """Looks at a run's folder."""
    return RunDetails(
        dataset=run.shown_dataset,
        preset=run.preset,
        problem=run.problem,
        checkpoints=tuple(run.checkpoints()),
        jobs=tuple(job for job in jobs_of(run) if job.kind != "train" and job.status.live),
    )
