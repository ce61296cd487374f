"""Tags by words alone: each image of an index is judged by each phrase, and what is sure enough is proposed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.quality.proposed_tags import (
    PROPOSED,
    Proposal,
    Proposals,
    ProposedImage,
    phrases_of,
    tag_of,
    write_proposals,
)
from bddseg_tui.core.retrieval.manifest import read_manifest
from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.search import Searcher, open_searcher

_LIKELY = 0.5


@dataclass(frozen=True)
class TagsWanted:
    """Tags by these phrases, parted by semicolons, for images that fit at least this surely (0..1)."""

    root: Path
    catalog: Path
    index: Path
    to: Path
    model: str
    text: str
    least: float
    device: str = ""


def propose_tags(wanted: TagsWanted, report: Callable[[str, int, int], None]) -> Proposals:
    """Gives images the proposed tags, instead of those that were proposed by the same words before.

    Images that a person gave the tag itself are proposed for nothing.

    Args:
        wanted: of what.
        report: called with (phase, done, total); it may raise to stop between two phrases.

    Raises:
        BddsegError: there is no index, the model cannot be loaded, or the catalog cannot be written.
    """
    report("load", 0, 0)
    clip = load_clip(wanted.model, wanted.device or None)
    searcher = open_searcher(wanted.index, clip, exact_limit=1 << 40)
    manifest = read_manifest(wanted.index)
    # Where the masks were asked and could not tell, what the model says of itself is no probability here either.
    calibrated = searcher.calibration is not None or (
        clip.bias is not None and manifest is not None and not manifest.uncalibrated
    )
    catalog, phrases = Catalog(wanted.catalog, wanted.root), phrases_of(wanted.text)
    ids = dict(catalog.image_ids())
    found = []
    for number, phrase in enumerate(phrases):
        proposal = propose(searcher, phrase, wanted.least, calibrated)
        tag = f"{proposal.tag}{PROPOSED}"
        catalog.remove_tag(ids.values(), tag)
        mine = [ids[os.fsencode(i.image)] for i in proposal.images if os.fsencode(i.image) in ids]
        has = {row.id for row in catalog.rows(mine) if proposal.tag in row.tags}
        catalog.add_tag([i for i in mine if i not in has], tag)
        found.append(proposal)
        report("tag", number + 1, len(phrases))
    proposals = Proposals(wanted.least, clip.name, tuple(found))
    write_proposals(wanted.to, proposals)
    return proposals


def propose(searcher: Searcher, phrase: str, least: float, calibrated: bool = True) -> Proposal:
    """What one phrase proposes, the surest image first."""
    confidence = searcher.confidence(phrase)
    order = np.argsort(-confidence, kind="stable")
    sure = [int(place) for place in order if confidence[place] >= least]
    images = tuple(ProposedImage(os.fsdecode(searcher.images[p]), float(confidence[p])) for p in sure)
    unsure = int(((confidence >= _LIKELY) & (confidence < least)).sum())
    return Proposal(phrase, tag_of(phrase), calibrated, images, unsure)
