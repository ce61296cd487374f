"""What the code imports is declared, and what is declared is imported."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
OWN = ("core", "train", "index", "tui")
NOT_INSTALLED = {"bitsandbytes": "bitsandbytes"}
"""Imported modules whose distributions the tests do without."""
USED_BY_OTHERS = {
    "bitsandbytes": "transformers loads it where a model is to be quantised",
    "milvus-lite": "pymilvus uses it where the URI is a file",
    "num2words": "transformers' SmolVLM processor writes numbers by it",
    "nvidia-ml-py": "torch.cuda reads how busy a GPU is through it",
    "onnxscript": "torch.onnx exports by it",
    "tensorboard": "torch.utils.tensorboard writes by it",
}


def normal(name: str) -> str:
    """A distribution's name as PyPI compares them (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    """The distributions that the package and its extras for users name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [r for name, rs in project["optional-dependencies"].items() if name not in ("test", "bench") for r in rs]
    names = (re.match(r"[\w.-]+", requirement) for requirement in [*project["dependencies"], *extras])
    return {normal(name[0]) for name in names if name}


def imported() -> dict[str, set[str]]:
    """Each distribution that the code imports from, with the files that do."""
    known, found = packages_distributions(), dict[str, set[str]]()
    for file in (file for folder in OWN for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in {module.partition(".")[0] for module in modules} - {"bddseg_tui", ""}:
                if module not in sys.stdlib_module_names:
                    distribution = NOT_INSTALLED.get(module) or known.get(module, [module])[0]
                    found.setdefault(normal(distribution), set()).add(str(file.relative_to(ROOT)))
    return found


def test_every_import_is_of_a_declared_dependency() -> None:
    assert {name: files for name, files in imported().items() if name not in declared()} == {}


def test_every_declared_dependency_is_imported_or_has_a_reason() -> None:
    assert declared() - set(imported()) - set(USED_BY_OTHERS) == set()
    assert set(USED_BY_OTHERS) <= declared()
