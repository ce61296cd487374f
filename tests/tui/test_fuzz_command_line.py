"""Whatever words the program is given, through its real root: they are done, or refused in one line."""

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.sanitize import sanitize_lines
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli import COMMANDS
from bddseg_tui.tui.cli.root import run
from tests.core.odd_json import TEXT
from tests.core.test_fuzz_settings import NUMBERS, TERMS, WORDS

# All but what starts processes, draws, or goes on for long when its words happen to be right.
QUICK = sorted(
    {*COMMANDS} - {"open", "demo", "train", "ask", "index", "data", "predict", "export", "evaluate", "resume"}
)
GROUPS = [["runs", "show"], ["runs", "delete"], ["evaluations", "delete"], ["index", "info"], ["index", "stop"]]
GROUPS += [["data", name] for name in ("list", "stats", "tag")] + [["train", "{data}", "--create"]]
OPTIONS = [
    *("--json", "--help", "--filter", "--split", "--checkpoint", "--tta", "--threshold", "--images", "--to", "--data"),
    *("--height", "--workspace", "--evaluation", "--limit", "--set", "--config", "--preset", "--processes", "--remove"),
    *("--model", "--export", "-h", "--", "-", "--no-scan", "--markdown", "--nosuch"),
]
WORD = st.one_of(
    st.sampled_from([*OPTIONS, "{data}", "last", "1", "0001-demo/best-val", "~nosuch/x", "..", "/", "n" * 300]),
    *(NUMBERS, TERMS, WORDS, TEXT, st.builds("{}={}".format, st.sampled_from([*OPTIONS, "epochs", "top"]), NUMBERS)),
).map(lambda word: f"{'.' if word.startswith('/') else ''}{word}".replace("\0", ""))
"""No word can have a NUL; and nothing is to be written elsewhere."""
LINES = st.builds(
    lambda command, words: [*command, *words],
    st.sampled_from([*GROUPS, *([name] for name in QUICK)]) | st.lists(WORD, max_size=1),
    st.lists(WORD, max_size=5),
)


def test_the_command_line(
    workspace: Workspace, engine: Engine, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.data.scan(engine.data.open(drawn), lambda done, total: None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "here"))

    @settings(max_examples=settings().max_examples // 2)
    @given(LINES)
    def answers(words: list[str]) -> None:
        line = [word.replace("{data}", str(drawn)) for word in words]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(line)
        assert code in (0, 1, 2), (code, err.getvalue())
        for text in (out.getvalue(), err.getvalue()):
            assert "Traceback" not in text and sanitize_lines(text) == text.expandtabs(4)
        assert sum(line.startswith("error: ") for line in err.getvalue().splitlines()) <= 1

    answers()
