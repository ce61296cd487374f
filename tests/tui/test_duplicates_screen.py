"""The screen of duplicates: groups, what is marked and excluded, and what it says where there is nothing."""

import os

from textual.widgets import Static

from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, Pair, write_duplicates
from bddseg_tui.core.quality.start_search import duplicates_folder
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.duplicates_screen import DuplicatesScreen
from bddseg_tui.tui.shared.one_line import OneLine
from tests.tui.conftest import until
from tests.tui.test_marks import opened, tagged


async def test_what_can_go_is_marked_excluded_and_marked_in_the_pane_too(app: BddsegApp, workspace: Workspace) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        samples = await opened(app, pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen) and app.screen.has_class("-empty"))
        assert "nobody has looked" in str(app.screen.query_one("#duplicates--empty", Static).content)
        await pilot.press("q")
        collection = app.query_one("DatasetPane").collection  # type: ignore[attr-defined]
        root = collection.dataset.root
        names = [os.path.relpath(row.image, root) for n in range(21) if (row := samples.row_at(n))]
        splits = collection.catalog.split_of_images()
        train, val = (next(n for n in names if splits[n] == s) for s in ("train", "val"))
        others = [n for n in names if splits[n] == "train" and n != train][:2]
        pairs = (Pair(train, val, 0.97, "picture"), Pair(others[0], others[1], 1.0, "file"))
        write_duplicates(duplicates_folder(workspace, root) / DUPLICATES_FILE, pairs, "by hand", 21)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen) and not app.screen.has_class("-empty"))
        screen = app.screen
        title = screen.query_one("#duplicates--title", OneLine)
        await until(pilot, lambda: "2 groups of 4 images" in str(title.content))
        await pilot.press("tab")
        await until(pilot, lambda: "1 groups of 2 images   across splits" in str(title.content))
        await until(pilot, lambda: len(screen.query(".thumbnail")) == 2)
        await pilot.press("a", "X")
        await until(pilot, lambda: "exclude" in collection.catalog.tags())
        await pilot.press("q")
        (marked,) = samples.marks.ids
        await until(pilot, lambda: tagged(app, "exclude") == 1)
        (row,) = collection.catalog.rows([marked])
        assert os.path.relpath(row.image, root) == train and row.tags == ("exclude",)
