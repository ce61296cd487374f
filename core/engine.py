"""The engine: what the app, every command and scripts call. One method for each thing that a person can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bddseg_tui.core.services.data import DataService
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.maintenance import Freed, Item
    from bddseg_tui.core.services.analysis import AnalysisService
    from bddseg_tui.core.services.chats import ChatService
    from bddseg_tui.core.services.configs import ConfigService
    from bddseg_tui.core.services.embedding_map import MapService
    from bddseg_tui.core.services.quality import QualityService
    from bddseg_tui.core.services.queue import QueueService
    from bddseg_tui.core.services.retrieval import RetrievalService
    from bddseg_tui.core.services.runs import RunService

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Engine:
    """The services over one workspace. All methods block: the app calls them in threads."""

    workspace: Workspace

    @property
    def data(self) -> DataService:
        """Datasets and their catalogs."""
        return DataService(self.workspace)

    @property
    def runs(self) -> "RunService":
        """Training runs, and every kind of job."""
        from bddseg_tui.core.services.runs import RunService

        return RunService(self.workspace)

    @property
    def configs(self) -> "ConfigService":
        """What a training run can be set to."""
        from bddseg_tui.core.services.configs import ConfigService

        return ConfigService(self.workspace)

    @property
    def queue(self) -> "QueueService":
        """Runs that wait for a device, and the devices."""
        from bddseg_tui.core.services.queue import QueueService

        return QueueService(self.workspace)

    @property
    def analysis(self) -> "AnalysisService":
        """Evaluations, and what they tell beyond their scores."""
        from bddseg_tui.core.services.analysis import AnalysisService

        return AnalysisService(self.workspace)

    @property
    def quality(self) -> "QualityService":
        """What is wrong with data and labels, and what a person says of it."""
        from bddseg_tui.core.services.quality import QualityService

        return QualityService(self.workspace)

    @property
    def retrieval(self) -> "RetrievalService":
        """Index, search and questions."""
        from bddseg_tui.core.services.retrieval import service_of

        return service_of(self.workspace)

    @property
    def chats(self) -> "ChatService":
        """Questions of the app with their answers."""
        from bddseg_tui.core.services.chats import ChatService

        return ChatService(self.workspace)

    @property
    def map(self) -> "MapService":
        """Where images lie by their embeddings."""
        from bddseg_tui.core.services.embedding_map import MapService

        return MapService(self.workspace)

    def disk_use(self, report: Progress | None = None) -> "list[Item]":
        """What takes room in the workspace, what takes most first."""
        from bddseg_tui.core.maintenance import list_items

        return list_items(self.workspace, report)

    def free(self, words: Sequence[str], sure: bool = False, report: Progress | None = None) -> "Freed":
        """Deletes what can be made again: caches, deleted, gone, all, or single items; nothing that is in use."""
        from bddseg_tui.core.maintenance import free

        return free(self.workspace, words, sure, report)
