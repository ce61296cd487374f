"""What panes and screens ask of the app, or tell it: it switches panes and hands on what concerns another one."""

from pathlib import Path

from textual.message import Message


class ShowImage(Message):
    """The Dataset pane shall come to the front with this image."""

    def __init__(self, image: Path) -> None:
        super().__init__()
        self.image = image


class ShowFilter(Message):
    """The Dataset pane shall come to the front with this filter, and an evaluation's predictions and scores."""

    def __init__(self, text: str, evaluation: str | None = None) -> None:
        super().__init__()
        self.text, self.evaluation = text, evaluation


class EvaluationChosen(Message):
    """The Dataset pane shows the predictions and scores of this evaluation now, or of none."""

    def __init__(self, evaluation: str | None) -> None:
        super().__init__()
        self.evaluation = evaluation


class WorkFailed(Message):
    """Work in a thread failed in a way that nobody foresaw; a thread may post it too."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class Remember(Message):
    """Settings that shall be as they are now at the next start, by their names in `core.settings.Settings`."""

    def __init__(self, **changes: object) -> None:
        super().__init__()
        self.changes = changes
