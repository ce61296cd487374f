"""What the documents name is there: files, folders, modules, and the versions that private parts belong to."""

import ast
import importlib
import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FOLDERS = ("core", "train", "index", "tui")
_OURS = "|".join((*FOLDERS, "tests", "benchmarks", "docs"))


def _named(document: Path, pattern: str) -> list[str]:
    """What stands in backticks, outside blocks of code, and looks like this."""
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    return [word for word in re.findall(r"`([^`\n]+)`", text) if re.fullmatch(pattern, word)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_folder_that_a_document_names_is_there(document: Path) -> None:
    missing = [name for name in _named(document, rf"(?:{_OURS})/[\w/.*-]*") if not any(ROOT.glob(name.rstrip("/")))]
    assert not missing


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_module_that_a_document_names_can_be_imported(document: Path) -> None:
    for name in _named(document, rf"(?:bddseg_tui\.)?(?:{'|'.join(FOLDERS)})(?:\.\w+)+"):
        parts = name.removeprefix("bddseg_tui.").split(".")
        module = next(n for n in range(len(parts), 0, -1) if _is_module(ROOT.joinpath(*parts[:n])))
        thing = importlib.import_module(".".join(["bddseg_tui", *parts[:module]]))
        for part in parts[module:]:
            thing = getattr(thing, part)


def _private_parts() -> list[tuple[str, str, Path]]:
    """Library, versions that were checked and file of each row of the list in architecture.md."""
    text = (
        (ROOT / "docs/architecture.md").read_text().partition("## Private parts of libraries")[2].partition("\n## ")[0]
    )
    rows = re.findall(r"^\| ([\w-]+) ([\d., ]+) \|.*\| `([\w/.]+)` \|$", text, flags=re.MULTILINE)
    return [(library, checked, ROOT / file) for library, checked, file in rows]


def test_private_parts_were_checked_against_the_versions_that_are_installed() -> None:
    rows = _private_parts()
    assert len(rows) >= 8
    for library, checked, _ in rows:
        assert any(f"{version(library)}.".startswith(f"{known}.") for known in checked.split(", ")), library


def test_private_modules_of_libraries_are_imported_where_the_list_says() -> None:
    listed = {file for _, _, file in _private_parts()}
    for file in (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [part for alias in node.names for part in alias.name.split(".")]
            else:
                continue
            if names[0] not in ("bddseg_tui", "__future__") and any(n.startswith("_") and n[1:2] != "_" for n in names):
                assert file in listed, (file, names)
