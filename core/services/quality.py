"""What is wrong with data and labels, and what a person says of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.settings import load_settings
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import subprocess

    from bddseg_tui.core.data.catalog.verdicts import TakenBack, Word
    from bddseg_tui.core.data.tagging import TagChange
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.core.quality.class_places import ClassPlaces
    from bddseg_tui.core.quality.diagnosis import Diagnosis
    from bddseg_tui.core.quality.duplicates import Duplicates, Group
    from bddseg_tui.core.quality.duplicates import Kind as DuplicateKind
    from bddseg_tui.core.quality.label_findings import Findings
    from bddseg_tui.core.quality.odd_images import OddImage
    from bddseg_tui.core.quality.proposed_tags import Proposals
    from bddseg_tui.core.quality.split_difference import Difference
    from bddseg_tui.core.quality.suspects import Suspects
    from bddseg_tui.core.quality.verdict_file import MasksWritten, VerdictsImported
    from bddseg_tui.core.quality.worklist import WorkItem, Worklist
    from bddseg_tui.core.runs.evaluation import Evaluation
    from bddseg_tui.core.runs.robustness import Robustness
    from bddseg_tui.core.runs.run import Run


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class QualityService:
    """All methods block. Heavy parts are imported when first used."""

    workspace: Workspace

    # -- images and classes ----------------------------------------------------------------------------------

    def measure(self, collection: Collection, report: Progress) -> None:
        """Measures each image that was not measured as it is now, in this process and others; may be ended any time."""
        from bddseg_tui.core.quality.measure import measure_dataset

        measure_dataset(collection.catalog, collection.dataset, report)

    def start_measuring(self, collection: Collection) -> "subprocess.Popen[bytes]":
        """Starts to measure as a process that ends with this one; it prints JSON lines, as a scan does."""
        from bddseg_tui.core.quality.measure import start

        return start(collection.dataset, collection.catalog)

    def unmeasured(self, collection: Collection) -> int:
        """How many images are yet to be measured."""
        return collection.catalog.unmeasured_count()[1]

    def odd_images(self, collection: Collection, split: str | None = None) -> "list[OddImage]":
        """Images that are odd by what was measured of them: blurred, black, white, or with another image's mask."""
        from bddseg_tui.core.quality.odd_images import odd_images

        return odd_images(collection.catalog, split)

    def class_places(self, collection: Collection, split: str | None = None) -> "ClassPlaces":
        """Where classes are in the frame, how large their objects are, and which occur together."""
        from bddseg_tui.core.quality.class_places import class_places

        return class_places(collection.catalog, split)

    def split_differences(self, collection: Collection) -> "list[Difference]":
        """How val differs from train, by class and by measure, with effect sizes; what differs most first."""
        from bddseg_tui.core.quality.split_difference import split_differences

        places = self.class_places(collection, "train"), self.class_places(collection, "val")
        return split_differences(collection.catalog, places)

    # -- classes ---------------------------------------------------------------------------------------------

    def diagnose(self, evaluation: "Evaluation") -> "Diagnosis":
        """For every class why its IoU is what it is; what an evaluation of an earlier version lacks is named.

        Raises:
            BddsegError: its run is gone, or what was counted is damaged.
        """
        from bddseg_tui.core.quality.diagnosis import diagnose

        return diagnose(self.workspace, evaluation)

    # -- corrupted images ------------------------------------------------------------------------------------

    def corrupt(
        self, run: "Run", kinds: Sequence[str], severities: Sequence[int], split: str = "val", checkpoint: str = "best"
    ) -> Path:
        """Starts measuring a checkpoint on corrupted images as a job, or goes on with it; returns its folder."""
        from bddseg_tui.core.runs.run_jobs import start_robustness

        return start_robustness(run, split, checkpoint, kinds, severities)

    def robustness(self, run: "Run", split: str = "val", checkpoint: str = "best") -> "Robustness | None":
        """How well a checkpoint does on corrupted images, as far as that is measured; None where it is not.

        Raises:
            BddsegError: what was measured is damaged.
        """
        from bddseg_tui.core.runs.robustness import load_robustness, robustness_folder

        return load_robustness(robustness_folder(run.folder, checkpoint, split))

    # -- label errors ----------------------------------------------------------------------------------------

    def search_label_errors(self, root: Path, folds: int = 4, run: str = "", assignments: Iterable[str] = ()) -> Path:
        """Starts the job that searches label errors, or goes on with one that was stopped; returns its folder.

        `folds` models are trained, each of which is asked about the masks that it did not see; or a `run` is asked that
        there is. `assignments` are settings of the training, as `key=value`.

        Raises:
            BddsegError: such a search is going on, or there is nothing to train on.
        """
        from bddseg_tui.core.quality.label_error_search import start_search

        return start_search(self.workspace, root, folds, run, assignments)

    def label_findings(self, collection: Collection) -> "Findings | None":
        """The labelled images, the worst first, and which class is labelled as which; None where nobody searched."""
        from bddseg_tui.core.quality.label_error_search import search_folder
        from bddseg_tui.core.quality.label_findings import read_findings

        return read_findings(search_folder(self.workspace, collection.dataset.root))

    def suspects(self, collection: Collection) -> "Suspects | None":
        """The areas whose label a model contradicts, as they were found last; None where nobody has looked."""
        from bddseg_tui.core.quality.suspects import read_suspects, suspects_path

        return read_suspects(suspects_path(self.workspace, collection.dataset.root))

    def worklist(self, collection: Collection, evaluation: str | None = None) -> "Worklist":
        """The suspect areas with what was said of each, and with an evaluation's predictions of their images."""
        from bddseg_tui.core.quality.worklist import read_worklist

        return read_worklist(collection.catalog, self.suspects(collection), evaluation)

    def judge(self, collection: Collection, items: "Sequence[WorkItem]", word: "Word") -> int:
        """Keeps a verdict on each of these areas; returns how many it were."""
        return collection.catalog.add_verdicts([item.verdict_of(word) for item in items])

    def take_back(self, collection: Collection, number: int = 1) -> "list[TakenBack]":
        """Takes back the verdicts that were given last; returns them, the last one first."""
        return collection.catalog.take_back_verdicts(number)

    def export_verdicts(self, collection: Collection, to: Path) -> int:
        """Writes all verdicts into a new .csv file; returns how many these are."""
        from bddseg_tui.core.quality.verdict_file import export_verdicts

        return export_verdicts(collection.catalog, to)

    def import_verdicts(self, collection: Collection, source: Path) -> "VerdictsImported":
        """Takes in the verdicts of such a file; those that are there already change nothing."""
        from bddseg_tui.core.quality.verdict_file import import_verdicts

        return import_verdicts(collection.catalog, source)

    def export_masks(self, collection: Collection, to: Path) -> "MasksWritten":
        """Writes copies of the masks with confirmed errors into a folder, in which these areas are unknown (255)."""
        from bddseg_tui.core.quality.verdict_file import export_masks

        return export_masks(collection.catalog, to)

    # -- duplicates ------------------------------------------------------------------------------------------

    def find_duplicates(self, collection: Collection) -> Path:
        """Starts looking for duplicates as a job, by the index of the CLIP that is set too where there is one.

        Returns the job's folder at once.

        Raises:
            BddsegError: somebody is looking for them already.
        """
        from bddseg_tui.core.quality.start_search import start_duplicates

        options = load_settings(self.workspace).retrieval
        return start_duplicates(self.workspace, collection, options.clip, options.device)

    def duplicates_status(self, collection: Collection) -> "Status | None":
        """The state of the job that looks or last looked for duplicates; None if none ever did."""
        from bddseg_tui.core.jobs.job import read_status
        from bddseg_tui.core.quality.start_search import duplicates_folder

        folder = duplicates_folder(self.workspace, collection.dataset.root)
        return read_status(folder) if (folder / "status.json").exists() else None

    def duplicates(self, collection: Collection) -> "Duplicates | None":
        """The pairs that were found last; None where nobody has looked."""
        from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, read_duplicates
        from bddseg_tui.core.quality.start_search import duplicates_folder

        return read_duplicates(duplicates_folder(self.workspace, collection.dataset.root) / DUPLICATES_FILE)

    def duplicate_groups(
        self,
        collection: Collection,
        found: "Duplicates",
        across: bool = False,
        kind: "DuplicateKind | None" = None,
    ) -> "tuple[Group, ...]":
        """Groups of those images that are still there; `across` splits only, of one kind or all."""
        from bddseg_tui.core.quality.duplicates import group_pairs

        return group_pairs(found.pairs, collection.catalog.split_of_images(), across, kind)

    # -- what to label next ----------------------------------------------------------------------------------

    def choose_to_label(
        self, collection: Collection, count: int = 100, evaluation: str | None = None, filter_text: str = ""
    ) -> Path:
        """Starts choosing unlabelled images that a model is unsure of and that are unlike all that is labelled.

        It is a job by the index of the CLIP that is set; returns its folder. What it chose the filter `label-next>0%
        sort:-label-next` lists.

        Raises:
            UsageError: the filter makes no sense, or there is no such evaluation.
            BddsegError: there is no index, or somebody is choosing already.
        """
        from bddseg_tui.core.quality.start_search import start_label_next

        clip = load_settings(self.workspace).retrieval.clip
        return start_label_next(self.workspace, collection, clip, count, evaluation, filter_text)

    # -- tags by words ---------------------------------------------------------------------------------------

    def propose_tags(self, collection: Collection, text: str, least: float = 0.8) -> Path:
        """Starts proposing tags for images that fit phrases (parted by semicolons) at least this surely (0..1).

        It is a job by the index of the CLIP that is set; returns its folder. Images get the tag `night?`.

        Raises:
            UsageError: the text has no phrases.
            BddsegError: there is no index, or tags are being proposed already.
        """
        from bddseg_tui.core.quality.start_search import start_tags

        options = load_settings(self.workspace).retrieval
        return start_tags(self.workspace, collection, options.clip, options.device, text, least)

    def proposed(self, collection: Collection) -> "Proposals | None":
        """What was proposed last, and how surely; None where nothing was."""
        from bddseg_tui.core.quality.proposed_tags import PROPOSALS_FILE, read_proposals
        from bddseg_tui.core.quality.start_search import tags_folder

        return read_proposals(tags_folder(self.workspace, collection.dataset.root) / PROPOSALS_FILE)

    def settle_proposed(
        self, collection: Collection, ids: Sequence[int], accept: bool = True, only: str = ""
    ) -> "list[TagChange]":
        """Accepts the tags that are proposed for these samples, or rejects them; `only` one of them."""
        from bddseg_tui.core.quality.proposed_tags import settle

        return settle(collection.catalog, ids, accept, only)
