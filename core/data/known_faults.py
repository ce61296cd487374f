"""What public threads say of the official BDD100K 10K release, by name: nothing that no thread states stands here.

Whoever downloads it finds the same files; `data check` says of them that it is not their copy that is at fault.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.validate_names import Problem

_PAIRS, _MORE, _LABELS = "bdd100k/bdd100k#103", "bdd100k/bdd100k#127", "ucbdrive/bdd100k#62"
WITHOUT_MASK = {
    **dict.fromkeys(("3d581db5-2564fb7e", "52e3fd10-c205dec2", "781756b0-61e0a182", "78ac84ba-07bd30c2"), _PAIRS),
    **dict.fromkeys(("80a9e37d-e4548ac1", "9342e334-33d167eb"), _PAIRS),
    "a5242a75-c9f4fb66": _MORE,
}
"""Images that the release has no mask of, with the thread that says so."""
WITHOUT_IMAGE = dict.fromkeys(
    (
        *("fee92217-63b3f87f", "ff1e4d6d-f4d85cfd", "ff3d3536-04986e25", "ff3da814-c3463a43"),
        *("ff55861e-a06b953c", "ff7b98c7-3cb964ac"),
    ),
    _PAIRS,
)
"""Masks that the release has no image of."""
WRONG_LABELS = {
    "a279854d-162bd02c": ("cars have the class of the skyline", _LABELS),
    "c2e3cd3c-27871334": ("cars and road have one class", _LABELS),
}
"""Masks with wrong labels: what is wrong, and the thread. That there are more is said in bdd100k/bdd100k#345, without
names."""


def known_wrong_labels(samples: Iterable[Sample]) -> Iterator[Problem]:
    """The masks of these samples that are said to be wrong."""
    for sample in samples:
        if sample.mask is not None and sample.image.stem in WRONG_LABELS:
            what, thread = WRONG_LABELS[sample.image.stem]
            advice = "look at it, and leave it out (X in the Dataset pane) if your copy has that too"
            yield Problem(sample.mask, "known-label", f"{what} in the official release ({thread}): {advice}")


def with_known(problem: Problem) -> Problem:
    """The problem, with the thread that knows of it where there is one."""
    known = {"missing-mask": WITHOUT_MASK, "stray-file": WITHOUT_IMAGE}.get(problem.kind, {})
    stem = problem.path.stem.removesuffix("_train_id")
    if stem not in known:
        return problem
    return replace(problem, detail=f"{problem.detail} (so in the official release: {known[stem]})")
