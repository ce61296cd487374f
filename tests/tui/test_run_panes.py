"""The Train pane, with real jobs behind it."""

from functools import partial
from pathlib import Path

from textual.widgets import Input, Label, Static

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.configure import ConfigureScreen
from bddseg_tui.tui.train.pane import TrainPane
from tests.tui.conftest import SMALL, AppPilot, Told, text, until


async def configure(pilot: AppPilot, app: BddsegApp, changes: dict[str, str]) -> None:
    for name, value in changes.items():
        app.screen.query_one(f"#set-{name}", Input).value = value
    await pilot.pause()


def summary_has(app: BddsegApp, word: str) -> bool:
    return word in text(app, "#run-summary")


async def test_a_run_is_configured_started_watched_stopped_resumed_and_deleted(app: BddsegApp, engine: Engine) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2")
        await until(pilot, lambda: app.query(TrainPane))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ConfigureScreen))
        await configure(pilot, app, {**SMALL, "epochs": "many"})
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, ConfigureScreen), "a form with a mistake must not start anything"
        assert "valid integer" in str(app.screen.query_one("#help-epochs", Static).render())
        await configure(pilot, app, {"epochs": "500"})
        await pilot.press("ctrl+s")
        await until(pilot, lambda: engine.runs.list_runs())
        run = engine.runs.list_runs()[0]
        await until(pilot, lambda: app.query_one("#runs", VimList).chosen == run.name)
        await until(pilot, lambda: "images/s" in text(app, "#run-summary"))
        await until(pilot, lambda: app.query_one(TrainPane)._histories.get(run.name, History()).epochs)
        await pilot.press("v", "l", "plus", "0", "m", "space")
        await pilot.press("s")
        await until(pilot, lambda: run.status.state == "stopped")
        await until(pilot, lambda: "stopped" in text(app, "#run-summary"))
        await pilot.press("r")
        await until(pilot, lambda: run.status.state == "running")
        engine.runs.stop(run, now=True)
        await until(pilot, lambda: "lost" in text(app, "#run-summary"))
        await pilot.press("x")
        await pilot.press("y")
        await until(pilot, lambda: not engine.runs.list_runs())
        await until(pilot, lambda: "go on when you leave" in text(app, "#run-summary"))


async def test_an_encoder_is_chosen_by_what_it_costs(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2", "n")
        await until(pilot, lambda: isinstance(app.screen, ConfigureScreen))
        await configure(pilot, app, {"height": "224", "width": "448"})
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press(*"tu-tf", "space", *"lite0")
        choices = app.screen.query_one(ChoiceList)
        assert [choices.label(n) for n in range(choices.count)] == [
            "   5.2 M     4.7 G  tu-tf_efficientnet_lite0  imagenet",
            "   5.2 M     4.7 G  tu-tf_efficientnet_lite0.in1k  74.8 %",
        ]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfigureScreen))
        assert app.screen.query_one("#set-encoder", Input).value == "tu-tf_efficientnet_lite0"
        costs = "5.2 M parameters, 4.7 G multiply-adds at 224×448; weights: imagenet, 1 with tags (F2)"
        await until(pilot, lambda: costs in str(app.screen.query_one("#configure--about", Label).render()))
        await configure(pilot, app, {"encoder": "my-own"})
        assert "not counted here" in str(app.screen.query_one("#help-encoder", Static).render())


async def test_the_app_may_be_left_and_a_new_one_finds_the_run(
    workspace: Workspace, drawn: Path, engine: Engine
) -> None:
    run = engine.runs.train(
        drawn, build_config("demo", [f"{k}={v}" for k, v in {**SMALL, "epochs": "500"}.items()]), "demo"
    )
    for _ in range(2):
        app = BddsegApp(workspace, drawn, "halfblock")
        async with app.run_test(size=(140, 45)) as pilot:
            await pilot.press("2")
            await until(pilot, partial(app.query, TrainPane))
            await until(pilot, partial(summary_has, app, "running"))
        assert run.status.live
    engine.runs.stop(run, now=True)


async def test_a_run_is_exported_and_predicts_a_folder_from_its_pane(
    told: Told, app: BddsegApp, trained: Run, drawn: Path, tmp_path: Path
) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2")
        await until(pilot, lambda: app.query(TrainPane) and app.query_one("#runs", VimList).chosen == trained.name)
        await pilot.press("X", *"torch", "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = str(tmp_path / "made")
        await pilot.press("enter")
        await until(pilot, lambda: "export" in str(app.query_one("#job-line", Label).render()))
        await until(pilot, lambda: "logits differ" in told())
        assert (tmp_path / "made/model.pt").exists() and not app.query_one("#job-line").display
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = str(drawn / "images/10k/test")
        await pilot.press("enter")
        await until(pilot, lambda: "go into the folder" in str(app.screen.query(Label).first().render()))
        app.screen.query_one(Input).value = str(tmp_path / "out")
        await pilot.press("enter")
        await until(pilot, lambda: str(tmp_path / "out") in told())
        assert len(list((tmp_path / "out/overlay").iterdir())) == 3


async def test_the_end_of_a_run_is_announced_in_every_pane(
    told: Told, app: BddsegApp, engine: Engine, drawn: Path
) -> None:
    run = engine.runs.train(drawn, build_config("demo", [f"{k}={v}" for k, v in SMALL.items()]), "demo")
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.query_one(Header).activity)
        await until(pilot, lambda: f"{run.name} finished" in told())


async def test_empty_panes_say_what_to_press(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2")
        await until(pilot, lambda: app.query("#runs") and app.query_one("#runs", VimList).option_count)
        assert "n starts one" in str(app.query_one("#runs", VimList).get_option_at_index(0).prompt)
        await pilot.press("s")
        await pilot.press("3")
        await until(pilot, lambda: app.query("#evaluations") and app.query_one("#evaluations", VimList).option_count)
        assert "n makes one" in str(app.query_one("#evaluations", VimList).get_option_at_index(0).prompt)
