"""What starting the app and each command may import, checked in fresh processes."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "torchvision",
    "transformers",
    "open_clip",
    "timm",
    "segmentation_models_pytorch",
    "accelerate",
    "hnswlib",
    "httpx2",
)


def loaded_by(code: str, *names: str) -> set[str]:
    """Which of these modules are loaded after running the code in a new process."""
    check = f"{code}\nimport sys; print('LOADED', *[n for n in {names!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_app_shows_pictures_without_the_models_libraries(drawn: Path, tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.shared.picture import PictureView
async def main():
    app = BddsegApp(Workspace(Path({str(tmp_path)!r})), Path({str(drawn)!r}))
    async with app.run_test(size=(120, 40)) as pilot:
        while app.query_one(PictureView)._drawn is None:
            await pilot.pause(0.02)
        for key in "234":
            await pilot.press(key)
        await pilot.pause()
asyncio.run(main())
"""
    assert loaded_by(code, *HEAVY) == set()


def test_the_first_picture_needs_neither_numpy_nor_pydantic() -> None:
    code = "from bddseg_tui.tui import start, app; from bddseg_tui.tui.dataset import pane; "
    code += "from bddseg_tui.core import engine; from bddseg_tui.core.data import pictures; "
    code += "from bddseg_tui.tui.terminal import cells"
    assert loaded_by(code, "numpy", "pydantic", *HEAVY) == set()


def test_a_running_app_shows_its_first_picture_before_pydantic_is_loaded(drawn: Path, tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui import app
from bddseg_tui.tui.shared.picture import PictureView
app.SETTLED_AFTER_S = 600.0
async def main():
    shown = app.BddsegApp(Workspace(Path({str(tmp_path)!r})), Path({str(drawn)!r}))
    async with shown.run_test(size=(120, 40)) as pilot:
        while shown.query_one(PictureView)._drawn is None:
            await pilot.pause(0.02)
asyncio.run(main())
"""
    assert loaded_by(code, "pydantic") == set()


@pytest.mark.parametrize(
    "module",
    [
        "bddseg_tui.core.engine",
        "bddseg_tui.core.data.catalog",
        "bddseg_tui.core.data.scan",
        "bddseg_tui.core.runs.run",
        "bddseg_tui.core.runs.config",
        "bddseg_tui.core.demo.generate",
    ],
)
def test_the_engine_knows_neither_textual_nor_torch(module: str) -> None:
    assert loaded_by(f"import {module}", "textual", "rich", "typer", *HEAVY) == set()


def test_the_version_is_answered_without_importing_anything_of_size() -> None:
    code = "import sys; sys.argv = ['bddseg-tui', '--version']; import bddseg_tui.tui.__main__ as m\n"
    code += "try: m.main()\nexcept SystemExit as end: assert end.code == 0"
    assert loaded_by(code, "textual", "rich", "typer", "numpy", "PIL", *HEAVY) == set()


def test_workers_that_decode_do_not_import_torch() -> None:
    assert (
        loaded_by(
            "from bddseg_tui.train import cache; from bddseg_tui.core.data import scan, validate_dataset; "
            "from bddseg_tui.core.demo import generate",
            "torch",
        )
        == set()
    )
