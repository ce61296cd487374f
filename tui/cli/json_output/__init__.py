"""What `--json` prints, command by command: mypy holds the commands to it, and `docs/json-schema.json` is made of it.

Each object, and each item of an array, has `schema` besides, the version of all of this. Fields are only ever added
within a version. Texts are sanitized; paths are absolute, or as they were typed. `docs/json.md` is the guide to it.
"""

from typing import Any

from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.tui.cli.json_output.dataset_outputs import (
    Checked,
    DemoDrawn,
    ListWritten,
    MovedRow,
    Repaired,
    SampleRow,
    Stats,
    Tagged,
    TagsRead,
    TagsWritten,
    Unpacked,
    ViewRow,
)
from bddseg_tui.tui.cli.json_output.evaluation_outputs import (
    Classified,
    Compared,
    EvaluationRow,
    ExportedModel,
    Predicted,
    Reported,
    SliceRow,
)
from bddseg_tui.tui.cli.json_output.job_outputs import (
    DeviceRow,
    DiskUse,
    FreedItems,
    JobRow,
    JobStopped,
    QueueRemoved,
    QueueRow,
    QueueStarted,
)
from bddseg_tui.tui.cli.json_output.quality_outputs import (
    VerdictRow,
    VerdictsRead,
    VerdictsTakenBack,
    VerdictsWritten,
)
from bddseg_tui.tui.cli.json_output.retrieval_outputs import (
    Answer,
    ChatExported,
    ChatRow,
    FoundImage,
    IndexBegun,
    IndexComparison,
    IndexFacts,
    IndexStopped,
    ModelsUnloaded,
)
from bddseg_tui.tui.cli.json_output.terminal_outputs import TerminalReport
from bddseg_tui.tui.cli.json_output.training_outputs import (
    ConfigPrinted,
    Deleted,
    EncoderRow,
    Estimated,
    RunRow,
    RunSamples,
    RunShown,
    Started,
)

OUTPUTS: dict[str, Any] = {
    "data check": Checked,
    "data unpack": Unpacked,
    "data stats": Stats,
    "data list": list[SampleRow],
    "data list --to": ListWritten,
    "data tag": Tagged,
    "data tags export": TagsWritten,
    "data tags import": TagsRead,
    "data views": list[ViewRow],
    "data verdicts list": list[VerdictRow],
    "data verdicts set": VerdictRow,
    "data verdicts undo": VerdictsTakenBack,
    "data verdicts export": VerdictsWritten,
    "data verdicts import": VerdictsRead,
    "data move": list[MovedRow],
    "data repair": Repaired,
    "demo": DemoDrawn,
    "doctor": TerminalReport,
    "train": Started,
    "train --estimate": Estimated,
    "resume": Started,
    "runs": list[RunRow],
    "runs show": RunShown,
    "runs samples": RunSamples,
    "runs delete": Deleted,
    "config": ConfigPrinted,
    "encoders": list[EncoderRow],
    "evaluate": EvaluationRow,
    "evaluations": list[EvaluationRow],
    "evaluations delete": Deleted,
    "classify": Classified,
    "slices": list[SliceRow],
    "compare": Compared,
    "report": Reported,
    "predict": Predicted,
    "export": ExportedModel,
    "index build": IndexFacts,
    "index build --detach": IndexBegun,
    "index info": IndexFacts,
    "index compare": IndexComparison,
    "index stop": IndexStopped,
    "index unload": ModelsUnloaded,
    "index search": list[FoundImage],
    "ask": Answer,
    "chats": list[ChatRow],
    "chats --export": ChatExported,
    "settings": Retrieval,
    "jobs": list[JobRow],
    "jobs stop": JobStopped,
    "stop": JobStopped,
    "queue": list[QueueRow],
    "queue start": QueueStarted,
    "queue move": list[QueueRow],
    "queue remove": QueueRemoved,
    "devices": list[DeviceRow],
    "workspace": DiskUse,
    "workspace free": FreedItems,
}
"""By command, what it prints with `--json`."""
