"""The Hugging Face Hub: whether it may be asked and answers, before a library tries that for minutes."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_PATIENCE_S = 5.0


@contextmanager
def offline(wanted: bool) -> Iterator[None]:
    """Within it nothing is fetched, if that is wanted.

    `HF_HUB_OFFLINE` is read once, when huggingface_hub is imported; open_clip has imported it long before, and neither
    it nor transformers hands `local_files_only` on to every part that a model is made of. So the constant is set that
    all requests of that library look at.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or wanted
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def why_unreachable(patience: float = _PATIENCE_S) -> str:
    """Why nothing can be fetched from the Hub, in words; '' where it answers.

    Without this, its library tries five times for each file: half a minute without a network, minutes behind a wall.

    Args:
        patience: seconds that an answer is waited for.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    place = urlsplit(constants.ENDPOINT).hostname or constants.ENDPOINT
    found: list[str] = []

    def ask() -> None:
        try:
            urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=patience)
        except urllib.error.HTTPError:
            found.append("")
        except urllib.error.URLError as error:
            found.append(f"{place} is not reached ({getattr(error.reason, 'strerror', None) or error.reason})")
        except (OSError, ValueError, http.client.HTTPException) as error:
            found.append(f"{place} is not reached ({error})")
        else:
            found.append("")

    # In a thread: a resolver that gets no answer keeps trying for half a minute, whatever the time-out says.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience + 1)
    return found[0] if found else f"{place} does not answer"
