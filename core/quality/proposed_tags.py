"""Tags that a model proposes: kept as `night?` until a person accepts them, when they become `night`.

What was proposed last, and how surely, stands in a file beside the dataset's indexes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.tags import clean_tag
from bddseg_tui.core.data.tagging import TagChange, tag_samples
from bddseg_tui.core.errors import BddsegError, RecordError, UsageError
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import Count, Fraction, Line, read_record
from bddseg_tui.core.sanitize import sanitize_path

PROPOSED = "?"
"""Ends a tag that nobody has accepted yet."""
PROPOSALS_FILE = "proposals.json"
_LARGEST = 256 << 20


@dataclass(frozen=True)
class ProposedImage:
    """An image, relative to the dataset, and how surely it fits."""

    image: Line
    confidence: Fraction


@dataclass(frozen=True)
class Proposal:
    """A tag that was proposed.

    Attributes:
        phrase: what was looked for.
        tag: the word that images have with a `?`.
        calibrated: whether the confidence is a probability that was measured on the dataset's masks, or of a model
            whose own it is; else it is a guess, and says only what fits better than what.
        images: those that were tagged, the surest first.
        unsure: how many more are more likely than not to fit, and not sure enough.
    """

    phrase: Line
    tag: Line
    calibrated: bool
    images: tuple[ProposedImage, ...]
    unsure: Count = 0

    @property
    def expected_wrong(self) -> float | None:
        """How many of the images the confidence itself expects to be wrong; None where it is a guess."""
        return sum(1 - i.confidence for i in self.images) if self.calibrated else None


@dataclass(frozen=True)
class Proposals:
    """What was proposed last, from which confidence on, and by which CLIP."""

    least: Fraction
    model: Line
    tags: tuple[Proposal, ...]


_PROPOSALS = TypeAdapter(Proposals)


def tag_of(phrase: str) -> str:
    """The tag for a phrase: one word.

    >>> tag_of("Heavy rain")
    'heavy-rain'
    """
    return clean_tag("-".join(phrase.replace(PROPOSED, " ").split()))


def phrases_of(text: str) -> tuple[str, ...]:
    """The phrases of a text, which semicolons part.

    Raises:
        UsageError: there is none, or two make the same tag.
    """
    phrases = tuple(filter(None, (part.strip() for part in text.split(";"))))
    if not phrases:
        raise UsageError('tag what? for example: bddseg-tui index tag "night; rain; tunnel"')
    tags = [tag_of(phrase) for phrase in phrases]
    if len(set(tags)) < len(tags):
        raise UsageError(f"two phrases make the same tag: {', '.join(tags)}")
    return phrases


def write_proposals(path: Path, proposals: Proposals) -> None:
    """Keeps what was proposed.

    Raises:
        BddsegError: the disk is full.
    """
    try:
        write_bytes(path, _PROPOSALS.dump_json(_PROPOSALS.validate_python(asdict(proposals))))
    except OSError as error:
        raise disk_error(error, path) from error


def read_proposals(path: Path) -> Proposals | None:
    """What was proposed last; None where nothing was.

    Raises:
        BddsegError: the file makes no sense.
    """
    try:
        return read_record(_PROPOSALS, path, _LARGEST)
    except FileNotFoundError:
        return None
    except RecordError as error:
        raise BddsegError(f"{sanitize_path(path)} is damaged ({error}): propose tags anew") from error


def settle(catalog: Catalog, ids: Sequence[int], accept: bool, only: str = "") -> list[TagChange]:
    """Accepts the tags that are proposed for these samples, or rejects them; `only` one of them.

    Returns what was changed: of an accepted tag the word that is given, then the proposal that is taken away.

    Raises:
        BddsegError: the catalog cannot be read or written.
    """
    wanted = f"{clean_tag(only)}{PROPOSED}" if only else ""
    done = []
    for tag in catalog.tags():
        if not tag.endswith(PROPOSED) or (wanted and tag != wanted):
            continue
        changed = catalog.remove_tag(ids, tag)
        if not changed:
            continue
        if accept:
            done.append(tag_samples(catalog, changed, tag.removesuffix(PROPOSED)))
        done.append(TagChange(tag, True, changed, len(changed)))
    return done
