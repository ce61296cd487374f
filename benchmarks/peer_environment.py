"""Environments for peers whose needs ours cannot meet: each in build/peers/, with the versions that a script names.

Where a peer needs PyTorch, its environment may look at what is installed beside this program too, so that gigabytes are
not there twice; what the peer needs in another version comes first.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PEERS = Path(__file__).parents[1] / "build" / "peers"


def peer_python(name: str, *requirements: str, beside: bool = False) -> Path:
    """The Python of a peer's environment, which is made where it is missing or was made of other requirements.

    Args:
        name: the environment's folder in build/peers.
        requirements: what pip installs, each with its version.
        beside: whether it sees our own environment, this program included.

    Raises:
        CalledProcessError: pip cannot install them; it has said why.
    """
    folder = PEERS / name
    python, made_of = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "".join(f"{requirement}\n" for requirement in requirements)
    if made_of.exists() and made_of.read_text() == wanted:
        return python
    print(f"installing {', '.join(requirements)} into {folder}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    if beside:
        packages = next(folder.glob("lib/python*/site-packages"))
        (packages / "beside.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    subprocess.run(install, check=True, stdout=sys.stderr)
    made_of.write_text(wanted)
    return python
