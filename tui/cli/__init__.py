"""The command line: one file a group of commands, all of them thin over `core.engine`."""

COMMANDS = (
    "open",
    "data",
    "demo",
    "train",
    "encoders",
    "resume",
    "jobs",
    "stop",
    "runs",
    "evaluate",
    "evaluations",
    "predict",
    "export",
    "classify",
    "slices",
    "compare",
    "report",
    "index",
    "ask",
    "chats",
    "settings",
    "workspace",
)
"""Names of the commands: what is one of them is no folder to open, even where a folder has that name."""
