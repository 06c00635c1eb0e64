import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import dependencies

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
MEMBERS = ("shared", *(f"services/{p.name}" for p in sorted((ROOT / "services").iterdir())))
PLANTS = {
    "Rooms": ("services/scoring/src/scoring/store/planted.py", "import scoring.api\n"),
    "Services": ("services/scoring/src/scoring/use_cases/planted.py", "import routing.domain\n"),
    "Shared": ("shared/src/shared/planted.py", "import gateway\n"),
    "Domain": ("services/inspections/src/inspections/domain/planted.py", "import sqlalchemy\n"),
    "Contracts": ("shared/src/shared/contracts/planted.py", "import numpy\n"),
    "Gateway": ("services/gateway/src/gateway/use_cases/planted.py", "import numpy\n"),
}


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources and rules, so that a fault can be planted."""
    keep_code = shutil.ignore_patterns("__pycache__", "node_modules", "*.json", "static")
    for member in MEMBERS:
        shutil.copytree(ROOT / member / "src", tmp_path / member / "src", ignore=keep_code)
        shutil.copy(ROOT / member / "pyproject.toml", tmp_path / member)
    (tmp_path / "tests" / "house").mkdir(parents=True)
    shutil.copy(ROOT / "tests/house/only_imports.py", tmp_path / "tests" / "house")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(tree):
    """Each rule's first word, and whether it was kept."""
    paths = [tree, *(tree / member / "src" for member in MEMBERS)]
    ran = subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "COLUMNS": "200"},
        text=True,
        capture_output=True,
        check=False,
    )
    lines = [line for line in ran.stdout.splitlines() if line.endswith((" KEPT", " BROKEN"))]
    assert len(lines) == len(PLANTS), ran.stdout + ran.stderr
    return {line.partition(":")[0]: line.endswith(" KEPT") for line in lines}


def test_the_tree_keeps_every_rule(tree):
    assert verdicts(tree) == dict.fromkeys(PLANTS, True)


@pytest.mark.parametrize("rule", PLANTS)
def test_a_planted_import_breaks_the_rule_that_names_it(tree, rule):
    path, text = PLANTS[rule]
    (tree / path).write_text(text)
    assert verdicts(tree)[rule] is False


def test_a_room_with_another_name_breaks_the_rooms(tree):
    (tree / "services/routing/src/routing/planner.py").write_text("")
    assert verdicts(tree)["Rooms"] is False


def test_an_undeclared_dependency_is_found(tree):
    (tree / "services/gateway/src/gateway/use_cases/planted.py").write_text("import scipy\n")
    ran = dependencies.check(tree, "services/gateway")
    assert ran.returncode == 1
    assert "'scipy' imported but" in ran.stdout + ran.stderr
