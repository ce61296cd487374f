"""What is installed: one package, whole, and deaf to folders and distributions that have our folders' names."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("core", "train", "index", "tui")
BUILD = "import sys; from setuptools import build_meta as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"
OURS = {
    f"{folder}/{path.relative_to(ROOT / folder)}"
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}


def build(tree: Path, kind: str, to: Path) -> Path:
    """A wheel or sdist of a tree, made as pip has setuptools make it."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", BUILD, kind, os.fspath(to)], cwd=tree, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return to / done.stdout.splitlines()[-1]


def files_of(wheel: Path) -> set[str]:
    """The files of a wheel's one package, by their path in it."""
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert {n.split("/")[0] for n in names} == {"bddseg_tui"}
    return {n.removeprefix("bddseg_tui/") for n in names}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for folder in (*FOLDERS, "src"):
        shutil.copytree(ROOT / folder, tree / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    return build(tree, "wheel", tree)


def test_a_wheel_holds_one_package_with_every_file_of_the_four_folders(wheel: Path) -> None:
    assert files_of(wheel) == OURS | {"__init__.py", "py.typed"}


def test_a_wheel_made_of_the_source_distribution_holds_the_same(wheel: Path, tmp_path: Path) -> None:
    archive = build(wheel.parent, "sdist", tmp_path)
    with tarfile.open(archive) as sources:
        sources.extractall(tmp_path, filter="data")
    assert files_of(build(tmp_path / archive.name.removesuffix(".tar.gz"), "wheel", tmp_path)) == files_of(wheel)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages and modules with the names of our folders, each of which ends whoever imports it."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in FOLDERS:
        (folder / name).mkdir()
        for file in ("__init__.py", "__main__.py"):
            (folder / name / file).write_text(f"raise SystemExit('this is not {name}')")
    return folder


@pytest.mark.parametrize("path", ["here", "PYTHONPATH", "site-packages"])
def test_names_that_others_have_too_change_nothing(
    path: str, wheel: Path, hostile: Path, drawn: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(installed)
    if path == "site-packages":
        shutil.copytree(hostile, installed, dirs_exist_ok=True)
    code = f"import sys; sys.path.insert(0, {os.fspath(installed)!r}); sys.argv[0] = 'bddseg-tui'\n"
    code += "from bddseg_tui.tui.__main__ import main; import bddseg_tui; print(bddseg_tui.__file__); sys.exit(main())"
    paths = [os.fspath(hostile)] if path == "PYTHONPATH" else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*paths, os.fspath(installed)])}
    words = ["index", "build", os.fspath(drawn), "--workspace", os.fspath(tmp_path / "workspace"), "--json"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *words],
        cwd=hostile if path == "here" else tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(os.fspath(installed))
    assert "index: finished" in done.stderr
