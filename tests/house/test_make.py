import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
COMMANDS = {"setup", "demo", "run", "test", "check", "bench", "fmt", "openapi"}
COMMANDS |= {"browser", "large", "pictures", "storm", "slow", "fuzz", "secrets", "audit", "sbom"}


def make(*arguments, cwd=ROOT):
    return subprocess.run(
        ["make", *arguments], cwd=cwd, text=True, capture_output=True, check=True
    ).stdout


def test_make_alone_lists_every_command():
    assert set(re.findall(r"^  make (\w+) ", make(), re.MULTILINE)) == COMMANDS | {"help"}


def test_the_demo_takes_its_options_from_make():
    line = make("-n", "demo", "PBF=my city.osm.pbf", "PLACES=30", "YEARS=2", "SEED=7", "NO_SERVE=1")
    wanted = '--pbf "my city.osm.pbf" --places 30 --years 2 --seed 7 --no-serve'
    assert wanted in re.sub(r"\s+", " ", line)


def test_make_works_in_a_folder_with_spaces_in_its_name(tmp_path):
    folder = tmp_path / "the house of Ronde"
    (folder / ".venv").mkdir(parents=True)
    for name in ("Makefile", "uv.lock", "pyproject.toml", "shared", "services"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(shutil.which("true"), folder / ".venv" / "ronde")
    (folder / ".venv" / "bin").symlink_to(".")
    (folder / ".venv" / ".ready").touch()
    assert make("run", cwd=folder) == ""
