"""The command line, as a person runs it: real processes, their output and their exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli import COMMANDS
from bddseg_tui.tui.cli.front_options import FLAGS
from bddseg_tui.tui.cli.open_words import OPEN_OPTIONS, OpenWords, means_open, plain_open
from tests.tui.json_output import parsed, without_schema

TINY = [
    "--set",
    "encoder=mobilenet_v2",
    "--set",
    "height=32",
    "--set",
    "width=64",
    "--set",
    "batch_size=4",
    "--set",
    "epochs=1",
]


def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bddseg_tui.tui", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_help_and_version(workspace: Workspace) -> None:
    assert "evaluate" in run("--help").stdout
    assert run("--version").stdout.startswith("bddseg-tui 0.")


def test_the_app_without_a_terminal_says_so(workspace: Workspace, drawn: Path) -> None:
    assert "needs a terminal" in run("open", str(drawn), code=2).stderr
    assert "needs a terminal" in run(str(drawn), code=2).stderr
    assert "needs a terminal" in run(code=2).stderr


def test_every_command_is_known_by_name_so_that_no_folder_hides_it(workspace: Workspace) -> None:
    from bddseg_tui.tui.cli.root import build_program

    assert set(build_program().commands) == set(COMMANDS)


def test_a_folder_with_a_commands_name_does_not_hide_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("runs", "pictures"):
        (tmp_path / name).mkdir()
    assert plain_open(["runs"]) is None and not means_open(["runs"])
    assert plain_open(["pictures"]) == OpenWords(Path("pictures")) and means_open(["pictures"])
    assert plain_open(["open", "runs", "--images=none"]) == OpenWords(Path("runs"), images="none")
    assert plain_open(["--debug"]) == OpenWords(debug=True) and means_open(["--debug"])
    assert plain_open(["open", "--bogus"]) is None
    assert plain_open(["open", "--images", "braille"]) is None
    assert plain_open(["nowhere"]) is None and not means_open(["nowhere"])


def test_data_check_as_json_has_the_promised_shape(workspace: Workspace, dataset: Path) -> None:
    found = parsed("data check", run("data", "check", str(dataset), "--json").stdout)
    assert found["splits"]["train"] == {"images": 12, "masks": 12}
    assert found["problems"] == []
    (dataset / "images/10k/train/evil\x1b[2J.jpg").write_bytes(b"")
    done = run("data", "check", str(dataset), code=1)
    assert "\x1b" not in done.stdout
    problems = parsed("data check", run("data", "check", str(dataset), "--json", code=1).stdout)["problems"]
    assert {tuple(sorted(p)) for p in problems} == {("detail", "kind", "path")}
    assert {p["kind"] for p in problems} == {"unreadable-image", "missing-mask"}


def test_data_stats_as_json_adds_up(workspace: Workspace, drawn: Path) -> None:
    classes = parsed("data stats", run("data", "stats", str(drawn), "--json").stdout)["classes"]
    assert [c["id"] for c in classes] == list(range(20))
    assert sum(c["pixels"] for c in classes) == 18 * 128 * 72
    assert sum(c["percentage"] for c in classes) == pytest.approx(100)
    assert "sidewalk" in run("data", "stats", str(drawn), "--split", "val").stdout
    assert "no split 'dev'" in run("data", "stats", str(drawn), "--split", "dev", code=2).stderr


def test_samples_are_listed_and_tagged_by_filter(workspace: Workspace, drawn: Path) -> None:
    assert len(run("data", "list", str(drawn), "--filter", "split:val").stdout.splitlines()) == 6
    assert "tagged 6" in run("data", "tag", str(drawn), "mine", "--filter", "split:val").stdout
    assert len(parsed("data list", run("data", "list", str(drawn), "--filter", "tag:mine", "--json").stdout)) == 6
    assert "did you mean 'split'" in run("data", "list", str(drawn), "--filter", "slit:val", code=2).stderr
    assert "name the samples" in run("data", "tag", str(drawn), "mine", code=2).stderr


def test_errors_are_one_line(workspace: Workspace, tmp_path: Path) -> None:
    for words, code in (
        (["data", "check", str(tmp_path / "none")], 1),
        (["runs", "show", "9"], 2),
        (["train", str(tmp_path)], 1),
    ):
        done = run(*words, code=code)
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr


def test_wrong_settings_start_nothing(workspace: Workspace, drawn: Path) -> None:
    assert "did you mean 'epochs'" in run("train", str(drawn), "--set", "epoch=3", code=2).stderr
    assert parsed("runs", run("runs", "--json").stdout) == []


def test_missing_weights_are_one_line_on_the_command_line(
    workspace: Workspace, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(workspace.root / "empty"))
    done = run("train", str(drawn), "--set", "encoder=resnet18", code=1)
    assert "encoder_weights=none" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["train", "{data}", "--preset", "demo", *TINY], ["resume", "last"]])
def test_a_run_whose_process_is_gone_before_it_trains_has_not_started(
    workspace: Workspace, drawn: Path, words: list[str]
) -> None:
    create_run(workspace, drawn, build_config("demo"), "demo")
    command = [sys.executable, "-m", "bddseg_tui.tui", *(w.replace("{data}", str(drawn)) for w in words)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder = workspace.runs / ("0001-demo" if words[0] == "resume" else "0002-demo")
    while (process := read_status(folder).process) is None:
        assert started.poll() is None
    kill(process)
    _, told = started.communicate()
    assert (started.returncode, told.count("\n")) == (1, 1)
    assert f"{folder.name} lost: its process is gone" in told


def test_train_evaluate_and_predict(workspace: Workspace, drawn: Path, tmp_path: Path) -> None:
    done = run("train", str(drawn), "--preset", "demo", *TINY, "--follow")
    assert "epoch 1/1" in done.stderr and "0001-demo finished" in done.stderr
    runs = parsed("runs", run("runs", "--json").stdout)
    assert [(r["run"], r["state"], r["checkpoints"]) for r in runs] == [("0001-demo", "finished", ["best", "last"])]
    assert "0001-demo" in run("runs").stdout
    assert "road" in run("runs", "show", "last").stdout
    shown = parsed("runs show", run("runs", "show", "1", "--json").stdout)
    assert shown["config"]["encoder"] == "mobilenet_v2" and len(shown["epochs"]) == 1
    result = parsed("evaluate", run("evaluate", "last", "--json").stdout)
    assert {"run", "checkpoint", "split", "images", "pixel_accuracy", "miou19", "miou20", "classes"} <= set(result)
    assert {"tta", "boundary_miou19", "ece", "calibration"} <= set(result)
    assert {"id", "name", "iou", "precision", "recall", "percentage"} <= set(result["classes"][0])
    report = parsed("classify", run("classify", "last", "--threshold", "0.1%", "--json").stdout)
    assert (report["images"], len(report["classes"]), report["threshold"]["percent"]) == (6, 20, 0.1)
    assert "samples average" in run("classify", "1").stdout
    assert "a number of pixels" in run("classify", "1", "--threshold", "much", code=2).stderr
    assert all(s["images"] < 6 for s in parsed("slices", run("slices", "1", "--json").stdout))
    assert "brightness<" in run("slices", "1").stdout
    compared = parsed("compare", run("compare", "1", "last", "--json").stdout)
    assert compared["settings"] == {} and all(i["change"] == 0 for i in compared["images"])
    assert "IoU road" in run("compare", "1", "1").stdout
    assert "two runs" in run("compare", "1", code=2).stderr
    files = run("report", "1", "--to", str(tmp_path / "report"), "--csv").stdout.split()
    assert files[0].endswith("report.html") and all(Path(f).exists() for f in files)
    exported = parsed("export", run("export", "1", "--to", "smp", "--out", str(tmp_path / "smp"), "--json").stdout)
    assert exported["max_difference"] == 0 and "README.md" in exported["files"]
    assert "evaluate" in run("classify", "1", "--split", "train", code=1).stderr
    assert "mIoU19" in run("evaluate", "1", "--split", "train", "--checkpoint", "last").stdout
    assert [e["split"] for e in parsed("evaluations", run("evaluations", "--json").stdout)] == ["val", "train"]
    assert "0001-demo/last-train" in run("evaluations").stdout
    gone = parsed("evaluations delete", run("evaluations", "delete", "1/last-train", "--json").stdout)
    assert without_schema(gone) == {"deleted": "1/last-train"}
    assert "has no evaluation" in run("evaluations", "delete", "1/last-train", code=2).stderr
    assert "written to" in run("predict", "1", "--split", "test", "--to", str(tmp_path / "out")).stdout
    again = parsed("predict", run("predict", "1", "--split", "test", "--to", str(tmp_path / "out"), "--json").stdout)
    assert again["to"] == str(tmp_path / "out")
    assert len(list((tmp_path / "out/masks").iterdir())) == 3
    assert "has finished" in run("resume", "1", code=1).stderr
    assert "is not training" in run("stop", "1", code=1).stderr
    assert "deleted" in run("runs", "delete", "1").stdout
    assert run("runs").stderr.startswith("there are no runs yet")


def test_a_run_can_be_made_for_a_launcher_of_ones_own(workspace: Workspace, drawn: Path) -> None:
    made = parsed("train", run("train", str(drawn), "--create", "--processes", "16", *TINY, "--json").stdout)
    shown = parsed("runs show", run("runs", "show", made["run"], "--json").stdout)
    assert (shown["state"], shown["config"]["processes"]) == ("stopped", 16)


def test_a_printed_configuration_is_taken_by_training(workspace: Workspace, drawn: Path, tmp_path: Path) -> None:
    printed = run("config", "--preset", "demo", "--set", "epochs=3").stdout
    (tmp_path / "my.toml").write_text(printed)
    run("train", str(drawn), "--create", "--config", str(tmp_path / "my.toml"))
    config = parsed("runs show", run("runs", "show", "last", "--json").stdout)["config"]
    assert config == build_config("demo", ["epochs=3"]).model_dump()
    rows = parsed("config", run("config", "--config", str(tmp_path / "my.toml"), "--json").stdout)["settings"]
    assert {row["name"]: row["value"] for row in rows} == config


def test_encoders_are_listed_with_their_cost(workspace: Workspace) -> None:
    assert "resnet34" in run("encoders").stdout
    (small,) = parsed(
        "encoders", run("encoders", "tu-tf", "lite0", "--height", "224", "--width", "224", "--json").stdout
    )
    assert small["parameters"] == 5200916
    assert small["weights"] == ["imagenet"]
    assert "no encoder's name holds 'lite99'" in run("encoders", "lite99", code=2).stderr


def test_a_run_started_here_is_stopped_from_there_and_resumed(workspace: Workspace, drawn: Path) -> None:
    run("train", str(drawn), "--preset", "demo", *TINY[:-1], "epochs=200")
    assert parsed("stop", run("stop", "last", "--json").stdout)["state"] == "stopped"
    assert parsed("resume", run("resume", "last", "--json").stdout)["run"] == "0001-demo"
    assert parsed("jobs stop", run("jobs", "stop", "last", "--now", "--json").stdout)["state"] == "lost"


def test_the_demo_without_a_terminal_only_draws_when_asked_to(workspace: Workspace, tmp_path: Path) -> None:
    small = ["--train", "4", "--val", "2", "--test", "1", "--width", "96", "--height", "54", "--workers", "1"]
    run("demo", "--dir", str(tmp_path / "d"), "--data-only", *small)
    assert len((tmp_path / "d/scenes.jsonl").read_text().splitlines()) == 7
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("")
    assert "not empty" in run("demo", "--dir", str(tmp_path / "other"), "--data-only", code=1).stderr


def test_a_workspace_that_cannot_be_written_is_one_line(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("runs", "--workspace", str(tmp_path / "file" / "ws"), code=1)
    assert "cannot be used" in done.stderr and done.stderr.count("\n") == 1


def test_what_takes_room_is_shown_and_freed(workspace: Workspace) -> None:
    cache = workspace.cache / "32x64-0123456789abcdef"
    cache.mkdir()
    (cache / "images.npy").write_bytes(bytes(3 << 20))
    shown = run("workspace")
    assert "training caches (1)" in shown.stdout and "cache/32x64-0123456789abcdef" in shown.stdout
    assert "caches 3.0 MiB" in shown.stderr
    (row,) = parsed("workspace", run("workspace", "--json").stdout)["items"]
    assert (row["kind"], row["freed_by"], row["name"]) == ("cache", "caches", "cache/32x64-0123456789abcdef")
    assert "nothing in the workspace is called 'cachse'" in run("workspace", "free", "cachse", code=2).stderr
    freed = parsed("workspace free", run("workspace", "free", "all", "--json").stdout)
    assert freed["freed"] == ["cache/32x64-0123456789abcdef"] and freed["bytes"] >= 3 << 20 and not cache.exists()


def test_every_option_of_open_opens_the_app_where_the_command_is_left_out() -> None:
    from bddseg_tui.tui.cli.root import build_program

    command = build_program().commands["open"]
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    assert options - {"--help", *FLAGS} == set(OPEN_OPTIONS)
