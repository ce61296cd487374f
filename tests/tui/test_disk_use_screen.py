"""The screen that shows what takes room in the workspace, and frees it."""

from pathlib import Path

from textual.widgets import Label, Static

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.disk_use_screen import DiskUseScreen
from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.prompt import ConfirmScreen
from tests.tui.conftest import Told, until, until_scanned


def said(app: BddsegApp, selector: str, kind: type[Static] = Static) -> str:
    return str(app.screen.query_one(selector, kind).render())


async def test_caches_are_freed_by_a_key_and_a_yes_and_the_rest_stays(
    told: Told, app: BddsegApp, workspace: Workspace, drawn: Path
) -> None:
    caches = [workspace.cache / f"{n}x64-0123456789abcdef" for n in (32, 64)]
    for cache in caches:
        cache.mkdir()
        (cache / "images.npy").write_bytes(bytes(2 << 20))
    async with app.run_test(size=(100, 30)) as pilot:
        await until_scanned(app, pilot)
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, DiskUseScreen) and app.screen._items)
        assert "training caches  2" in said(app, "#disk-use--kinds")
        assert "c caches 4.0 MiB" in said(app, "#disk-use--hint", Label)
        assert app.screen.query_one(ChoiceList).count == 3
        await pilot.press("g")
        assert "nothing to free" in told()
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DiskUseScreen) and len(app.screen._items) == 2)
        assert [c.exists() for c in caches] == [False, True]
        await pilot.press("c", "y")
        await until(pilot, lambda: isinstance(app.screen, DiskUseScreen) and len(app.screen._items) == 1)
        assert not caches[1].exists()
        await pilot.press("x")
        assert "that dataset is open" in told()
        assert workspace.catalog_path(drawn).exists()
        await pilot.press("escape")
        assert not isinstance(app.screen, DiskUseScreen)
