"""Every command of the app by where it is, for the help. Imports no pane, only their tables."""

from collections.abc import Sequence

from bddseg_tui.tui.ask.commands import GROUPS as ASK_GROUPS
from bddseg_tui.tui.dataset.commands import GROUPS as DATASET_GROUPS
from bddseg_tui.tui.disk_use_screen import DISK_USE
from bddseg_tui.tui.evaluate.commands import GROUPS as EVALUATE_GROUPS
from bddseg_tui.tui.first_run import FIRST_RUN
from bddseg_tui.tui.help_screen import HELP
from bddseg_tui.tui.shared.commands import APP, CHOOSE, CONFIRM, FORM, LIST, PROMPT, TEXT, Command
from bddseg_tui.tui.train.commands import GROUPS as TRAIN_GROUPS

PANES = tuple(groups[0] for groups in (DATASET_GROUPS, TRAIN_GROUPS, EVALUATE_GROUPS, ASK_GROUPS))
SCREENS = tuple(group for groups in (DATASET_GROUPS, TRAIN_GROUPS, EVALUATE_GROUPS, ASK_GROUPS) for group in groups[1:])
GROUPS: tuple[tuple[str, Sequence[Command]], ...] = (
    ("Everywhere", APP),
    *PANES,
    *SCREENS,
    ("The workspace", DISK_USE),
    ("Opening a dataset", FIRST_RUN),
    ("Lists and tables", LIST),
    ("Choosing from a list", CHOOSE),
    ("A line to type", PROMPT),
    ("A question", CONFIRM),
    ("A form", FORM),
    ("A text", (*TEXT, *HELP)),
)
