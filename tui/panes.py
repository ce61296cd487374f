"""The panes that are made when they are first shown."""

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.shared.pane import Pane


def make_pane(name: str, engine: Engine, collection: Collection | None, evaluation: str | None) -> Pane:
    """The pane with this id, any but Dataset. Imported here: the first picture should not wait for it."""
    if name == "train":
        from bddseg_tui.tui.train.pane import TrainPane

        return TrainPane(engine, collection)
    if name == "ask":
        from bddseg_tui.tui.ask.pane import AskPane

        return AskPane(engine, collection, evaluation)
    from bddseg_tui.tui.evaluate.pane import EvaluatePane

    return EvaluatePane(engine, collection)
