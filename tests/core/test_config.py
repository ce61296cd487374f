import os
from pathlib import Path

import pytest

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.config import TrainConfig, build_config, load_preset, preset_names
from bddseg_tui.core.runs.config_toml import commented_toml
from bddseg_tui.core.runs.settings_table import GROUPS, settings_table


def test_every_preset_is_valid() -> None:
    assert preset_names()[0] == "cross-entropy"
    for name in preset_names():
        build_config(name)


@pytest.mark.parametrize("preset", preset_names())
def test_a_configuration_as_toml_reads_back_as_itself(preset: str, tmp_path: Path) -> None:
    config = build_config(preset, ["learning_rate=1e-5", "encoder_weights='a \"b\" \\t.pth'"])
    file = tmp_path / "all.toml"
    file.write_text(commented_toml(config))
    # Every setting is in the file, so it is the same whatever preset it is read over.
    assert build_config("seed", [], file) == config


def test_toml_says_of_each_setting_what_it_means_and_may_be() -> None:
    text = commented_toml(build_config("focal"))
    assert (
        "# weights from the training masks' pixel counts\n"
        '#   "none" | "inverse-sqrt" | "median-frequency"; default "none"\n'
        'class_weights = "inverse-sqrt"\n'
    ) in text
    assert "#   >= 0, < 1; default 0.0\nlabel_smoothing = 0.0\n" in text
    assert all(setting.about for setting in settings_table())


def test_each_setting_belongs_to_a_group_that_is_shown() -> None:
    assert {setting.group for setting in settings_table()} == set(GROUPS)
    assert [setting.name for setting in settings_table()] == list(TrainConfig.model_fields)


def test_assignments_win_over_files_which_win_over_presets(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("epochs = 7\nwidth = 320\n")
    config = build_config("seed", ["width=96"], file)
    assert (config.height, config.width, config.epochs) == (224, 96, 7)


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("learning_rte=1", "did you mean 'learning_rate'"),
        ("loss=fokal", "loss: input should be"),
        ("epochs=0", "epochs: input should be greater"),
        ("epochs=many", "epochs: input should be a valid integer"),
        ("learning_rate=nan", "learning_rate"),
        ("epochs", "key=value"),
    ],
)
def test_a_wrong_setting_is_one_line_for_a_person(assignment: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        build_config("demo", [assignment])
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'focal'"):
        load_preset("fokal")


def test_a_file_that_is_no_toml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("= =")
    with pytest.raises(UsageError, match="cannot be read as TOML"):
        build_config(file=tmp_path / "x.toml")


@pytest.mark.parametrize(
    "value",
    ["[" * 100_000, "9" * 5000, "0x" + "f" * 5000, "{" * 5000, "1,000", "nan", "-inf", "2020-13-45", '"\\ud800"'],
)
def test_a_value_that_makes_no_sense_is_told_in_one_short_line(value: str) -> None:
    with pytest.raises(UsageError, match=r"^epochs: ") as caught:
        build_config(None, [f"epochs={value}"])
    assert len(str(caught.value)) < 250 and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"a = " + b"[" * 100_000, b"a = '\xff'", b"epochs = " + b"9" * 5000, b"x" * 2_000_000]
)
def test_a_file_of_settings_that_makes_no_sense_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.toml").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as TOML") as caught:
        build_config(None, (), tmp_path / "c.toml")
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)


def test_settings_may_come_out_of_a_pipe() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"epochs = 3\n")
    os.close(writing)
    assert build_config(None, (), Path(f"/dev/fd/{reading}")).epochs == 3
    os.close(reading)
