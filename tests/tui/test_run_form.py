"""The form of a new run, in an app of its own."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Label

from bddseg_tui.core.runs.architectures import ARCHITECTURES
from bddseg_tui.core.runs.config import TrainConfig, build_config, preset_names
from bddseg_tui.core.runs.encoders import encoders
from bddseg_tui.core.runs.run_estimate import Measured, RunCosts
from bddseg_tui.core.runs.timm_weights import weights_by_encoder
from bddseg_tui.tui import train
from bddseg_tui.tui.shared import choose
from bddseg_tui.tui.themes import DARK
from bddseg_tui.tui.train.configure import ConfigureScreen
from bddseg_tui.tui.train.run_form import RunForm
from bddseg_tui.tui.train.setting_fields import ChoiceField, Fields
from tests.tui.conftest import until

MEASURED = Measured("0001-demo", build_config("demo"), "cpu", True, 20.0, 8, 1, 1 << 30)
FORM = RunForm(
    root=Path("/data/camvid"),
    preset="demo",
    presets={name: build_config(name) for name in preset_names()},
    encoders={a: encoders(a) for a in ARCHITECTURES},
    costs=RunCosts(367, 101, (MEASURED,), "cpu", 4 << 30, 720 * 960, 50 << 30),
    weights=weights_by_encoder(),
)


class FormHost(App[int]):
    """An app with nothing but the form."""

    CSS_PATH = [
        Path(train.__file__).parent / "pane.tcss",
        *(Path(choose.__file__).parent / sheet for sheet in ("form.tcss", "dialog.tcss")),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (130, "-wide")]

    def __init__(self) -> None:
        super().__init__()
        self.answer: tuple[TrainConfig, str, bool] | None = None
        self.animation_level = "none"

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        self.push_screen(ConfigureScreen(FORM), self.answered)

    def answered(self, answer: tuple[TrainConfig, str, bool] | None) -> None:
        self.answer = answer


def says(app: FormHost, part: str) -> str:
    return str(app.screen.query_one(f"#configure--{part}", Label).render())


def in_sight(app: FormHost, field: Widget) -> bool:
    return app.screen.query_one(Fields).region.contains_region(field.region)


def focused(app: FormHost) -> str:
    return (app.screen.focused.id or "") if app.screen.focused else ""


async def test_up_and_down_go_from_field_to_field_through_choices_too() -> None:
    app = FormHost()
    async with app.run_test(size=(80, 24)) as pilot:
        assert focused(app) == "set-height"
        seen = []
        for _ in range(15):
            await pilot.press("down")
            seen.append(focused(app).removeprefix("set-"))
        assert seen[:3] == ["width", "crop_height", "crop_width"] and "loss" in seen and len(set(seen)) == 15
        await pilot.press("up")
        assert focused(app) == f"set-{seen[-2]}"


async def test_one_key_starts_the_run_and_another_puts_it_into_the_queue() -> None:
    for key, queued in (("f5", False), ("f6", True)):
        app = FormHost()
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(key)
            assert app.answer == (build_config("demo"), "demo", queued)


async def test_a_choice_is_gone_through_with_left_and_right() -> None:
    app = FormHost()
    async with app.run_test(size=(80, 24)) as pilot:
        flip = app.screen.query_one("#set-flip", ChoiceField)
        flip.focus()
        await pilot.press("right")
        assert flip.value == "false"
        await pilot.press("ctrl+s")
        assert app.answer and app.answer[0] == build_config("demo", ["flip=false"])


async def test_a_slash_finds_a_setting_but_where_a_path_is_typed() -> None:
    app = FormHost()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"decay", "enter")
        await pilot.pause()
        assert focused(app) == "set-weight_decay"
        field = app.screen.query_one("#set-encoder_weights", Input)
        field.focus()
        field.value = ""
        await pilot.press(*"a/b")
        assert field.value == "a/b"
        await pilot.press("ctrl+f", *"jitter", "enter")
        await pilot.pause()
        assert focused(app) == "set-color_jitter"


async def test_the_form_says_what_is_changed_and_what_the_run_takes() -> None:
    app = FormHost()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert says(app, "changes") == "Nothing is changed: the preset demo as it is."
        assert says(app, "costs").startswith("6 epochs of 367 images: about")
        app.screen.query_one("#set-epochs", Input).value = "60"
        await pilot.pause()
        assert says(app, "changes") == "Changed: epochs 60 (6)"
        assert "• epochs" in str(app.screen.query_one("#name-epochs", Label).render())
        app.screen.query_one("#set-epochs", Input).value = "many"
        await pilot.pause()
        assert "valid integer" in says(app, "changes") and not says(app, "costs")


async def test_the_whole_help_of_every_setting_is_seen_at_the_least_size() -> None:
    app = FormHost()
    async with app.run_test(size=(80, 24)) as pilot:
        about = app.screen.query_one("#configure--about", Label)
        for name in TrainConfig.model_fields:
            field = app.screen.query_one(f"#set-{name}").focus()
            await until(pilot, partial(in_sight, app, field))
            assert str(about.render()).startswith(f"{name}: ")
            needed = about.get_content_height(app.size, app.size, about.content_size.width)
            assert needed <= about.content_size.height, name


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_what_the_form_looks_like(snap_compare: Any, size: tuple[int, int]) -> None:
    async def changed(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one("#set-batch_size", Input).value = "4"
        await pilot.press("down", "down")
        await pilot.pause(0.2)

    assert snap_compare(FormHost(), run_before=changed, terminal_size=size)
