"""Trains the seed's own recipe (`benchmarks/fastai_recipe.py`) in an environment with fastai, made at first use.

python -m benchmarks.fastai_seed DATASET --core-minutes N [--size HxW] [--threads N] [--json FILE]
"""

import subprocess
import sys

from benchmarks.peer_environment import peer_python

REQUIREMENTS = ("fastai==2.8.12",)


def main() -> None:
    """Hands the command line on."""
    python = peer_python("fastai", *REQUIREMENTS, beside=True)
    done = subprocess.run([str(python), "-m", "benchmarks.fastai_recipe", *sys.argv[1:]])
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
