"""What holds for all commands: nothing heavy for a `--help`, and a page that tells them as it."""

import importlib.util
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from shared.cli import whole

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/command-line.md").read_text("utf-8")
RONDE = [
    sys.executable,
    "-c",
    "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()",
]
HEAVY = {
    "alembic",
    "fastapi",
    "httpx",
    "lightgbm",
    "numba",
    "numpy",
    "ortools",
    "osmnx",
    "pandas",
    "polars",
    "psycopg",
    "pyvrp",
    "scipy",
    "sqlalchemy",
}
HELP_OF_ALL = """
import io, json, sys
from contextlib import redirect_stdout
from typer.main import get_command
from shared.cli import whole

def shown(command, words):
    with redirect_stdout(io.StringIO()) as told:
        command.main([*words, "--help"], prog_name="ronde", standalone_mode=False)
    yield " ".join(words), told.getvalue()
    found = command
    for word in words:
        found = found.commands[word]
    for name in getattr(found, "commands", ()):
        yield from shown(command, [*words, name])

told = dict(shown(get_command(whole()), []))
print(json.dumps({"told": told, "loaded": sorted({it.partition(".")[0] for it in sys.modules})}))
"""


def pages():
    """The reference, as `make openapi` writes it."""
    path = ROOT / "tests/house/command_pages.py"
    spec = importlib.util.spec_from_file_location("command_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def helped():
    """What every `--help` prints, and all modules that were loaded for it."""
    wide = os.environ | {"COLUMNS": "400", "NO_COLOR": "1", "TERMINAL_WIDTH": "400"}
    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_ALL], env=wide, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_no_help_loads_anything_heavy(helped):
    assert len(helped["told"]) > 25
    assert HEAVY & set(helped["loaded"]) == set()


def test_a_help_takes_less_than_a_second_of_a_core():
    # Counting lines would take as long again; the machine may have other work, so no clock is read.
    plain = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS")}
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*RONDE, "--help"], env=plain, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken) <= 1.0, taken


def test_the_page_tells_every_command_as_its_help_does(helped):
    told = helped["told"]
    written = re.findall(r"^### `ronde ([a-z -]+?)(?: [A-Z]+)*`$", PAGE, re.MULTILINE)
    parents = {words.rpartition(" ")[0] for words in told if words}
    assert set(written) == set(told) - parents
    for section in PAGE.partition("## Reference\n")[2].split("### `ronde ")[1:]:
        words = re.match(r"[a-z -]+[a-z]", section)[0]
        for option in re.findall(r"^\| `(--[a-z-]+)`", section, re.MULTILINE):
            assert option in told[words], (words, option)
        for option in set(re.findall(r"--[a-z][a-z-]+", told[words])) - {"--help"}:
            assert option in section, (words, option)


def test_the_page_is_as_it_would_be_written_now():
    assert pages().with_reference(ROOT / "docs/command-line.md") == PAGE


def test_no_command_takes_a_token_as_an_argument():
    options = {it for _, command in pages().commands() for one in command.params for it in one.opts}
    assert options & {"--token", "--key", "--access-key"} == set()
    assert "--json" in options


def test_wrong_usage_ends_with_two_and_a_way_out():
    ran = subprocess.run([*RONDE, "export"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Missing" in ran.stderr
    none = subprocess.run([*RONDE, "exprt"], capture_output=True, text=True, check=False)
    assert (none.returncode, "export" in none.stderr) == (2, True)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    serve = ("serve", "--directory", tmp_path / "file" / "below")
    ran = subprocess.run([*RONDE, *serve], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"ronde: {tmp_path}/file/below: Not a directory\n"


def test_a_group_has_the_commands_of_several_services():
    plan = get_command(whole()).commands["plan"]
    assert set(plan.commands) == {"week", "solve", "benchmark"}
