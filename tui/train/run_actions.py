"""What can be done with the chosen run: stop, resume, delete, evaluate, predict, export."""

from collections.abc import Callable

from textual import work

from bddseg_tui.core.runs.job_list import Job
from bddseg_tui.core.runs.run import Run
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import ConfirmScreen
from bddseg_tui.tui.train.job_line import JobLine
from bddseg_tui.tui.train.predict_export import Export, Prediction, ask_export, ask_prediction
from bddseg_tui.tui.train.queue_screen import QueueScreen


class RunActions(Pane):
    """Actions for a pane that says which run is chosen, and looks again at what they changed."""

    def chosen_run(self) -> Run | None:
        """The run that is meant; without one that is told."""
        raise NotImplementedError

    def look(self) -> None:
        """Reads what is new."""
        raise NotImplementedError

    def action_stop_run(self) -> None:
        """Stops the training of the chosen run, or else the job that uses it; asks which where there are several."""
        if run := self.chosen_run():
            self._stop(run)

    @work(group="act", exit_on_error=False)
    async def _stop(self, run: Run) -> None:
        jobs = await attempt(self, lambda: self.engine.runs.stoppable_jobs(run))
        if jobs is None:
            return
        if len(jobs) == 1:
            self._stop_job(jobs[0])
            return
        choices = [(f"{job.kind}  {job.name}", job) for job in jobs]
        self.app.push_screen(ChooseScreen(f"Stop which job of {run.name}?", choices), self._stop_job)

    def _stop_job(self, job: Job | None) -> None:
        if job is not None:
            said = "stopping: it writes a checkpoint first" if job.kind == "train" else f"stopping {job.name}"
            said = "it leaves the queue" if job.status.state == "queued" else said
            self._act(said, lambda: self.engine.runs.stop_job(job))

    def action_resume_run(self) -> None:
        """Goes on with the chosen run."""
        if run := self.chosen_run():
            self._act("resumed", lambda: self.engine.runs.resume(run))

    def action_resume_queued(self) -> None:
        """Puts the chosen run into the queue, to go on when its device is free."""
        if run := self.chosen_run():
            self._act("queued", lambda: self.engine.runs.resume(run, queue=True))

    def action_queue(self) -> None:
        """Shows the queue and the devices."""
        self.app.push_screen(QueueScreen(self.engine.queue))

    def action_delete_run(self) -> None:
        """Deletes the chosen run, once that is confirmed."""
        run = self.chosen_run()
        if run is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._act("deleted", lambda: self.engine.runs.delete(run))

        self.app.push_screen(
            ConfirmScreen(f"Delete {run.name}?", "Its checkpoints, events and evaluations go with it."), answered
        )

    def action_evaluate_run(self) -> None:
        """Starts an evaluation of the chosen run."""
        if run := self.chosen_run():
            self._act("evaluating: see 3 Evaluate", lambda: str(self.engine.runs.evaluate(run).name))

    @work(group="act", exit_on_error=False)
    async def _act(self, said: str, act: Callable[[], str | None]) -> None:
        """Makes a call of the engine and tells how it went: what it gives, if anything, comes behind `said`."""
        found = await attempt(self, lambda: act() or "")
        if found is not None:
            self.notify(f"{said}{': ' + found if found else ''}", markup=False, timeout=4)
            self.look()

    def action_predict(self) -> None:
        """Asks what the chosen run's model shall predict."""
        if run := self.chosen_run():
            ask_prediction(self.app, run, self._follow)

    def action_export(self) -> None:
        """Asks what the chosen run's model shall be exported as."""
        if run := self.chosen_run():
            ask_export(self.app, run, self._follow)

    def _follow(self, job: Prediction | Export) -> None:
        runs = self.engine.runs
        line = self.query_one(JobLine)
        line.follow(runs, job.label, lambda: job.start(runs), lambda folder: job.result(runs, folder))
