"""The queue in the app."""

from pathlib import Path

from textual.widgets import Static

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.process import this_process
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.queue import join_queue
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.queue_screen import QueueScreen
from tests.tui.conftest import Told, until


def order(engine: Engine) -> list[str]:
    return [queued.run.name for queued in engine.queue.runs()]


async def test_runs_that_a_restart_has_ended_are_told_and_the_queue_is_put_in_order_by_keys(
    app: BddsegApp, engine: Engine, workspace: Workspace, drawn: Path, told: Told
) -> None:
    config = build_config("demo", ["device=cpu"])
    holder, first, second, waiting = (create_run(workspace, drawn, config, "demo") for _ in range(4))
    write_status(holder.folder, Status("running", process=this_process()))
    write_status(waiting.folder, Status("queued", process=this_process()))
    for run in (first, second, waiting):
        join_queue(workspace, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "2 queued runs were ended by a restart" in told())
        assert app.query_one(Header).activity == f"▶ {holder.name}  ≡ 1 queued"
        await pilot.press("2")
        await until(pilot, lambda: app.query("#runs") and app.query_one("#runs", VimList).chosen)
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
        runs = app.screen.query_one(VimList)
        await until(pilot, lambda: runs.chosen == first.name)
        devices = str(app.screen.query_one("#queue--devices", Static).render())
        assert "cpu" in devices and holder.name in devices
        await pilot.press("J")
        await until(pilot, lambda: order(engine) == [second.name, first.name, waiting.name])
        await until(pilot, lambda: runs.highlighted == 1)
        await pilot.press("x")
        await until(pilot, lambda: order(engine) == [second.name, waiting.name])
        await pilot.press("escape")
        assert not isinstance(app.screen, QueueScreen)
