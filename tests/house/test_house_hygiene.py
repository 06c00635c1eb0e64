import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each pattern is written so that it does not match itself.
NEVER = {
    "a path of one machine": re.compile(
        r"(?<![\w.])/(?:wor[k]|roo[t]|Use[r]s|hom[e]/(?!\w*:))/[\w.]"
    ),
    "a private key": re.compile(r"-----BEGI[N] (?:\w+ )?PRIVATE KEY"),
    "a cloud key": re.compile(r"\bAKI[A][0-9A-Z]{16}\b"),
    "a forge token": re.compile(r"\b(?:gh[p]_|glpa[t]-)\w{20}"),
    "a signed token": re.compile(r"\bey[J][\w-]{15,}\.ey[J][\w-]{15,}\.[\w-]{15,}"),
    "a password in an address": re.compile(
        r"\w://[\w.-]+:(?!\$|\{|<|\*|passwor[d]\b)[^\s@/'\"]+@\w"
    ),
}
LOCKS = {"uv.lock", "package-lock.json"}


def tracked_files():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return []
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_holds_a_secret_or_a_path_of_one_machine():
    files = tracked_files()
    if not files:
        pytest.skip("not a Git checkout: nothing says which files are tracked")
    found = []
    for path in files:
        if path.name in LOCKS or path.stat().st_size > 2_000_000:
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [
            f"{path.relative_to(ROOT)}: {what}" for what, p in NEVER.items() if p.search(text)
        ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /" + "work/main/file"),
        ("a private key", "-----BEGIN" + " EC PRIVATE KEY"),
        ("a cloud key", "AKIA" + "A" * 16),
        ("a forge token", "ghp" + "_" + "a" * 24),
        ("a signed token", "ey" + "J" + "a" * 20 + ".ey" + "J" + "a" * 20 + "." + "a" * 20),
        ("a password in an address", "postgresql://me:" + "hunter2" + "@db"),
    ],
)
def test_each_pattern_finds_what_it_is_for(what, text):
    assert NEVER[what].search(text)


def test_no_tracked_file_is_large():
    sizes = {p: p.stat().st_size for p in tracked_files() if p.name not in LOCKS}
    assert [str(path.relative_to(ROOT)) for path, size in sizes.items() if size > 1_000_000] == []
