"""`data ...`: the commands of the files `data_*.py`."""

import typer

from bddseg_tui.tui.cli import (
    data_check,
    data_duplicates,
    data_label_errors,
    data_label_next,
    data_move,
    data_odd,
    data_repair,
    data_samples,
    data_tags,
    data_unpack,
    data_verdicts,
    data_views,
)

data_app = typer.Typer(no_args_is_help=True, help="Look at, check, unpack and move datasets.")
for part in (
    *(data_unpack, data_check, data_samples, data_tags, data_views),
    *(data_odd, data_duplicates, data_label_errors, data_label_next, data_verdicts, data_move, data_repair),
):
    part.add_to(data_app)


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(data_app, name="data", rich_help_panel=panel)
