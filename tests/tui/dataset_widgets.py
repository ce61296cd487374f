"""What the Dataset pane shows by now."""

from textual.widgets import Label

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.picture import PictureView
from tests.tui.conftest import AppPilot, until


async def ready(app: BddsegApp, pilot: AppPilot) -> SampleList:
    """Waits until all samples are listed, scanned, and the first picture is drawn."""
    samples = app.query_one(SampleList)
    await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)
    await until(pilot, lambda: app.query_one(PictureView)._drawn)
    return samples


def caption(app: BddsegApp) -> str:
    return str(app.query_one("#caption", Label).render())


def lines_of(widget: SampleList | Legend) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]
