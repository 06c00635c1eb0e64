"""Every command of the tutorial and of the how-to guides prints what its page says.

They run in the order below on one demo; `…` in a page stands for what differs from run to run.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pages import Command, commands

from shared.serve import read_state

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]
# What the pages take for the gateway's address, and how they start the demo.
ADDRESS = "http://127.0.0.1:8000"
START = re.compile(r"make demo PLACES=(\d+) YEARS=(\d+)\n")
RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
NEEDED = {"jq": "jq", "curl": "curl", "ogrinfo": "gdal-bin", "kubectl": "kubectl"}
NEXT = "@@ next @@"
PATIENCE_S = 240


@dataclass(frozen=True)
class Demo:
    """A demo that serves, a folder like the repository's to work in, and what it said."""

    url: str
    folder: Path
    said: str
    process: subprocess.Popen[str]


def starting() -> tuple[Command, list[str]]:
    """Give the command that starts the demo, and its options as `ronde demo` takes them."""
    first = next(commands(PAGES[0]))
    places, years = START.fullmatch(first.lines).groups()
    return first, ["--places", places, "--years", years]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    _, size = starting()
    # A short path: a socket's address has at most 108 bytes; the database's user must get in.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        for name in ("k8s", "deploy"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        data = folder / "var" / "demo"
        options = ["--time-limit", "1", "--port", "0", "--directory", str(data)]
        with subprocess.Popen(
            [sys.executable, "-c", RONDE, "demo", *size, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            said = ""
            while "Ctrl-C" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            try:
                yield Demo(read_state(data).gateway_url, folder, said, process)
            finally:
                process.terminate()
                process.wait(30)


def run(page: Path, wanted: list[Command], demo: Demo) -> list[str]:
    """Run the commands of a page in one shell and give what each printed."""
    script = "".join(f"{it.lines}echo '{NEXT}'\n" for it in wanted).replace(ADDRESS, demo.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=demo.folder,
        env=os.environ | {"NO_PROXY": "127.0.0.1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    printed = done.stdout.replace(demo.url, ADDRESS).split(f"{NEXT}\n")
    last = wanted[min(len(printed), len(wanted)) - 1].lines
    assert done.returncode == 0, f"{page.name}: {last}{printed[-1]}{done.stderr}"
    return printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_print_what_it_says(page: Path, demo: Demo):
    text = page.read_text("utf-8")
    lacking = [of for name, of in NEEDED.items() if name in text and shutil.which(name) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    wanted = [it for it in commands(page) if not START.fullmatch(it.lines)]
    assert wanted, "or the page was not read"
    for it, printed in zip(wanted, run(page, wanted, demo), strict=False):
        assert it.says(printed), f"{it.lines}printed\n{printed}the page says\n{it.told}"


def test_the_demo_says_what_the_tutorial_shows(demo: Demo):
    first, _ = starting()
    assert first.says(demo.said), demo.said


def test_the_demo_answers_until_it_is_interrupted(demo: Demo):
    assert httpx.get(f"{demo.url}/health", trust_env=False).status_code == 200
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{demo.url}/health", trust_env=False)
