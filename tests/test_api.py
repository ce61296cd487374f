"""docs/api.md: its example is run as it stands, and its table is that of the code.

python -m tests.test_api writes the table anew.
"""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.core.services.chats import ChatService
from bddseg_tui.core.services.configs import ConfigService
from bddseg_tui.core.services.data import DataService
from bddseg_tui.core.services.quality import QualityService
from bddseg_tui.core.services.queue import QueueService
from bddseg_tui.core.services.retrieval import RetrievalService
from bddseg_tui.core.services.runs import RunService

DOCUMENT = Path(__file__).parents[1] / "docs" / "api.md"
SERVICES = {
    "engine": Engine,
    "engine.data": DataService,
    "engine.runs": RunService,
    "engine.configs": ConfigService,
    "engine.queue": QueueService,
    "engine.analysis": AnalysisService,
    "engine.quality": QualityService,
    "engine.retrieval": RetrievalService,
    "engine.chats": ChatService,
}


def methods(service: type) -> dict[str, Callable[..., object]]:
    """Its public methods, in the order of the source."""
    return {n: m for n, m in vars(service).items() if not n.startswith("_") and inspect.isfunction(m)}


def table() -> str:
    """A row for each method: how it is called, and the first sentence of what it says of itself."""
    rows = ["| method | what it does |", "| --- | --- |"]
    for place, service in SERVICES.items():
        for name, method in methods(service).items():
            names = ", ".join(list(inspect.signature(method).parameters)[1:])
            first = re.split(r"(?<=[.:])\s", inspect.getdoc(method) or "", maxsplit=1)[0]
            rows.append(f"| `{place}.{name}({names})` | {' '.join(first.split()).replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def test_the_table_has_every_public_method_and_what_it_says_of_itself() -> None:
    assert table() in DOCUMENT.read_text(), "python -m tests.test_api"


def test_every_public_method_says_what_it_gives() -> None:
    for service in SERVICES.values():
        for name, method in methods(service).items():
            returned = str(inspect.signature(method).return_annotation)
            assert "Any" not in returned and returned not in ("dict", "tuple", "list", "object"), name


def test_the_example_runs_as_it_stands(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to(drawn)
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "example.py").write_text("\n".join(blocks))
    env = {**os.environ, "BDDSEG_WORKSPACE": os.fspath(tmp_path / "elsewhere")}
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "rider" in said and "mIoU19" in said and "looked at" in said
    assert not (tmp_path / "elsewhere").exists()
    assert list((tmp_path / "report").glob("*.html"))


if __name__ == "__main__":
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(r"\| method \| what it does \|\n(?:\|.*\n)*", lambda _: table() + "\n", text))
