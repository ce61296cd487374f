"""Loading from the Hugging Face cache alone, without asking the network."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def offline(wanted: bool) -> Iterator[None]:
    """Within it nothing is fetched, if that is wanted.

    `HF_HUB_OFFLINE` is read once, when huggingface_hub is imported; open_clip has imported it long before, and passes
    no `local_files_only` on. So the constant is set that all of that library reads.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or wanted
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
