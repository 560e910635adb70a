"""The floors of the house: every contract holds, and every contract fails where it is broken on purpose."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# Top floor first; the packages of one floor are neighbours and do not know each other.
FLOORS = [
    [name.strip(" ()") for name in floor.split("|")]
    for contract in CONTRACTS
    if contract["type"] == "layers"
    for floor in contract["layers"]
]
PACKAGES = sorted(path.parent for path in (ROOT / "continuity").glob("*/__init__.py"))
# The trail lies below its actor and names the user model by setting alone (architecture, "Floors").
UPWARD_BY_SETTING = {"trail.AuditEntry.actor", "trail.Event.member"}

# One violation for each contract: where it is planted, and what.
PLANTS = {
    "Floors: import only from below, never up, never sideways": (
        "continuity/people/services.py",
        "import continuity.consents.models",
    ),
    "Judgement is pure: no ORM, no clock, no web in the pure modules": (
        "continuity/people/matching/scoring.py",
        "import django.db.models",
    ),
    "Guardian has one caller": ("continuity/consents/services.py", "import guardian.shortcuts"),
    "Only the gate asks the policy, only release asks the gate": (
        "continuity/lookup/services.py",
        "import continuity.access.policy",
    ),
}


def floor_of(module: str) -> int:
    """How high a module lies: 0 is the ground."""
    for height, floor in enumerate(reversed(FLOORS)):
        if any(module == package or module.startswith(f"{package}.") for package in floor):
            return height
    raise AssertionError(f"{module} lies on no floor")


def existing(floor: list[str]) -> list[str]:
    return [package for package in floor if list(ROOT.glob(f"{package.replace('.', '/')}*"))]


def lint(folder: Path = ROOT) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder), "COLUMNS": "400"},
    )
    return run.returncode, run.stdout + run.stderr


def verdicts(report: str) -> dict[str, str]:
    """KEPT or BROKEN by the name of each contract."""
    found = {}
    for contract in CONTRACTS:
        line = next(line for line in report.splitlines() if line.startswith(contract["name"]))
        found[contract["name"]] = line.removeprefix(contract["name"]).split()[0]
    return found


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the site's code, to be damaged."""
    for package in ("continuity", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(house: Path, path: str, statement: str) -> None:
    with (house / path).open("a") as file:
        file.write(f"\n{statement}\n")


def test_every_contract_is_kept():
    code, report = lint()
    assert (code, set(verdicts(report).values())) == (0, {"KEPT"}), report


def test_every_contract_has_a_planted_violation():
    assert set(PLANTS) == {contract["name"] for contract in CONTRACTS}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_violation_breaks_its_contract_alone(house: Path, name: str):
    plant(house, *PLANTS[name])
    code, report = lint(house)
    assert code == 1
    assert verdicts(report) == dict.fromkeys(PLANTS, "KEPT") | {name: "BROKEN"}, report


def test_every_floor_refuses_imports_from_above_and_from_beside(house: Path):
    forbidden = []
    for height, floor in enumerate(FLOORS):
        here = existing(floor)
        above = existing(FLOORS[height - 1])[:1] if height else []
        forbidden += [(one, other) for one in here[:1] for other in above + here[1:]]
    for one, other in forbidden:
        path = house / one.replace(".", "/")
        target = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        plant(house, str(target.relative_to(house)), f"import {other}")
    report = lint(house)[1]
    missed = [pair for pair in forbidden if f"{pair[0]} is not allowed to import {pair[1]}" not in report]
    assert len(forbidden) >= 12
    assert not missed, report


def relations() -> list[tuple[str, str, str]]:
    """(model.field, package it is declared in, package it points to) of every relation between our models."""
    return [
        (f"{model._meta.label}.{field.name}", model.__module__, field.related_model.__module__)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if (field.many_to_one or field.one_to_one or field.many_to_many)
        and not field.auto_created
        and model.__module__.startswith("continuity.")
        and field.related_model.__module__.startswith("continuity.")
    ]


def test_relations_point_to_the_own_package_or_to_a_lower_floor():
    wrong = {
        label
        for label, here, there in relations()
        if here.split(".")[1] != there.split(".")[1] and floor_of(there) >= floor_of(here)
    }
    assert wrong == UPWARD_BY_SETTING


def test_every_package_lies_on_a_floor():
    for package in PACKAGES:
        assert floor_of(f"continuity.{package.name}") >= 0


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_package_has_a_caption_of_one_sentence_and_nothing_else(package: Path):
    tree = ast.parse((package / "__init__.py").read_text())
    caption = ast.get_docstring(tree) or ""
    assert len(tree.body) == 1, "an __init__ holds its caption only"
    assert "\n" not in caption
    assert caption.endswith(".")
    assert ". " not in caption, "one sentence"
