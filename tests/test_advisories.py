"""No version with a hole that is known may be installed: neither what pyproject.toml allows nor what is pinned."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
ADVISORIES: list[dict[str, str]] = tomllib.loads((Path(__file__).parent / "advisories.toml").read_text())["advisory"]


def allowed() -> dict[str, list[Requirement]]:
    """What the project asks for, by package, its extras and its build included."""
    asked = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    asked += [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
    found: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, asked):
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def pinned() -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if match := re.match(r"([\w.-]+)==([\w.+!-]+)", line):
            found.setdefault(canonicalize_name(match[1]), []).append(Version(match[2]))
    return found


def floor(requirement: Requirement) -> Version:
    floors = [Version(s.version) for s in requirement.specifier if s.operator in (">=", "==", "~=")]
    return max(floors, default=Version("0"))


@pytest.mark.parametrize("advisory", ADVISORIES, ids=[f"{a['package']} {a['id']}" for a in ADVISORIES])
def test_no_version_with_a_known_hole_is_allowed_or_pinned(advisory: dict[str, str]) -> None:
    package, mended = canonicalize_name(advisory["package"]), Version(advisory["mended"])
    versions = [floor(r) for r in allowed().get(package, [])] + pinned().get(package, [])
    assert versions, "nothing here needs this package: take the advisory away"
    assert min(versions) >= mended, f"{advisory['id']}: {advisory['what']}"


def test_every_package_that_is_asked_for_has_a_floor() -> None:
    bare = [n for n, asked in allowed().items() if all(floor(r) == Version("0") for r in asked)]
    assert bare == ["types-psutil"]


def test_torchvision_is_never_older_than_the_torch_it_is_built_for() -> None:
    torch, vision = (floor(allowed()[n][0]).release for n in ("torch", "torchvision"))
    assert vision[1] == torch[1] + 15


def test_every_pin_is_allowed() -> None:
    pins = pinned()
    for name, asked in allowed().items():
        for version in pins.get(name, []):
            assert all(r.specifier.contains(version) for r in asked), name
