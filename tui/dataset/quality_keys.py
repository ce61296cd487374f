"""The keys that open the screens on what is wrong with the data and its labels.

Each screen is imported when it is opened: the first row does not wait for all that they take.
"""

from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.dataset.mark_keys import MarkKeys


class QualityKeys(MarkKeys):
    """Actions for a pane whose samples can be marked.

    Attributes:
        engine: what the screens read through.
    """

    engine: Engine

    def action_settle_tags(self, accept: bool) -> None:
        """Accepts or rejects the tags that are proposed for the marked samples, or the one at the cursor."""
        if (targets := self._targets(self._samples.sample)) is not None:
            self._bulk.settle(targets, self.engine.quality, accept)

    def action_label_errors(self) -> None:
        """Looks through the areas whose label a model contradicts."""
        from bddseg_tui.tui.dataset.worklist_screen import WorklistScreen

        if self.collection is not None:
            self.app.push_screen(WorklistScreen(self.engine.quality, self.collection, self.evaluation))

    def action_duplicates(self) -> None:
        """Shows images that are there more than once or nearly; what is marked there is marked here too."""
        # It loads pydantic, which the first picture does not wait for.
        from bddseg_tui.tui.dataset.duplicates_screen import DuplicatesScreen

        if self.collection is not None:
            self.app.push_screen(DuplicatesScreen(self.engine, self.collection), self.mark_more)

    def action_places(self) -> None:
        """Shows where classes are, how the splits differ, and which images are odd."""
        from bddseg_tui.tui.dataset.places_screen import PlacesScreen

        if self.collection is not None:
            self.app.push_screen(PlacesScreen(self.engine, self.collection))

    def action_map(self) -> None:
        """Shows all images on a map of their embeddings."""
        from bddseg_tui.tui.dataset.map_screen import MapScreen  # numpy, which the first row does not wait for

        if self.collection is not None:
            self.app.push_screen(MapScreen(self.engine, self.collection, self.evaluation))
