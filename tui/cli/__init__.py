"""The command line: each command is the file of its name, a subcommand such as `data list` at most one more; all of
them thin over `core.engine`."""

GROUPS = {
    "The app": ("open", "demo", "doctor"),
    "Datasets": ("data",),
    "Training": ("train", "resume", "runs", "config", "encoders"),
    "Evaluation": ("evaluate", "evaluations", "diagnose", "classify", "slices", "compare", "report"),
    "Using a model": ("predict", "export"),
    "Search and questions": ("index", "ask", "chats", "settings"),
    "Jobs and disk": ("jobs", "stop", "queue", "devices", "workspace"),
}
"""Names of the commands as `--help` groups them."""
COMPLETION_VARIABLE = "_BDDSEG_TUI_COMPLETE"
"""In the environment while a shell asks what a line can be completed to; the name is Typer's."""
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
"""What is one of them is no folder to open, even where a folder has that name."""
