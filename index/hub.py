"""What the Hugging Face cache has; and why something cannot be loaded from it."""

import errno
import re
from collections.abc import Iterator
from pathlib import Path

from bddseg_tui.core.sanitize import sanitize


def snapshot(repository: str) -> Path:
    """The folder of the files of a repository in the cache, the newest revision; one that is not there for none."""
    found = sorted(cache_folder(repository).glob("snapshots/*"), key=lambda p: p.stat().st_mtime)
    return found[-1] if found else cache_folder(repository) / "snapshots"


def why_not_loaded_from_hub(
    name: str, repository: str, error: BaseException, fetch: str, download: bool, unreachable: str = ""
) -> str | None:
    """Why the files of a repository are not there, in a line; None where they are, and the fault is another.

    Args:
        name: what the model was asked for by.
        repository: OWNER/NAME on the Hub.
        error: what the loading library raised.
        fetch: how it is fetched, and what there is instead.
        download: whether it was allowed to fetch.
        unreachable: why the Hub cannot be asked, where that is known.
    """
    from huggingface_hub import errors

    chain = list(_chain(error))
    name = sanitize(name)
    if any(isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT) for e in chain):
        return f"the disk of the cache is full ({cache_folder(repository).parent}): {name} cannot be fetched"
    if any(isinstance(e, errors.GatedRepoError) for e in chain):
        return f"{name} is only for those who accept its licence on huggingface.co: do so, then `hf auth login`"
    if any(isinstance(e, errors.RepositoryNotFoundError) for e in chain):
        return f"the Hub has no model {sanitize(repository)}, or only for those who are logged in (`hf auth login`)"
    folder = cache_folder(repository)
    if unreachable:
        if any(folder.glob("snapshots/*/*")) and not _is_missing(chain):
            return None
        return f"{name} is not in the cache, or not whole, and cannot be fetched: {unreachable}"
    if any(folder.glob("blobs/*.incomplete")) and not download:
        return f"the download of {name} was interrupted, and part of it is missing: {fetch}"
    if not any(folder.glob("snapshots/*/*")) and not any(folder.glob("blobs/*")):
        if download:
            return f"the weights of {name} cannot be fetched: huggingface.co is not reached"
        return f"the weights of {name} are not in the cache: {fetch}"
    if _is_missing(chain):
        return f"{_missing_file(chain) or 'a file'} of {name} is not in the cache, though others are: {fetch}"
    return None


def cache_folder(repository: str) -> Path:
    """Where the cache has a repository, or would have it."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{repository.strip('/').replace('/', '--')}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_missing(chain: list[BaseException]) -> bool:
    """Whether it is for a file that is not there."""
    from huggingface_hub import errors

    absent = (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)
    return bool(_missing_file(chain)) or any(isinstance(e, absent) for e in chain)


def _missing_file(chain: list[BaseException]) -> str:
    """The first file that an error names as missing."""
    for error in chain:
        found = re.search(r"\b([\w.-]+\.(?:json|safetensors|model|txt|jinja|bin))\b", str(error))
        if found and not isinstance(error, KeyError):
            return sanitize(found[1])
        if isinstance(error, OSError | ValueError) and re.search(r"tokenizer", str(error), re.IGNORECASE):
            return "the tokenizer"
    return ""
