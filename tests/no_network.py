"""An environment in which every Python process notes and refuses whatever goes to the network."""

import os
from pathlib import Path

HOOK = """
import sys
FORBIDDEN = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect", "socket.sendto")
def hook(event, args):
    if event in FORBIDDEN and not (event == "socket.connect" and isinstance(args[1], (str, bytes))):
        with open({log!r}, "a") as file:
            print(event, args, file=file)
        raise OSError("no network here")
sys.addaudithook(hook)
"""


def watched_environment(folder: Path) -> tuple[dict[str, str], Path]:
    """The environment, with an empty cache of models; and the file that exists once somebody has asked the network."""
    log = folder / "network"
    (folder / "site").mkdir()
    (folder / "site/sitecustomize.py").write_text(HOOK.format(log=os.fspath(log)))
    more = {"PYTHONPATH": os.fspath(folder / "site"), "HF_HOME": os.fspath(folder / "hf")}
    return {**os.environ, **more}, log
