"""What a form is filled in with is kept by the browser: no module of it is forgotten."""

import re
from pathlib import Path

import gateway

CONSOLE = Path(gateway.__file__).parent / "console"
STARTS = ("app.js", "pages/inspect.js", "pages/sign_in.js", "pages/visits.js")


def imported(file: str, known: set[str]) -> set[str]:
    """Name a module and all that it imports before it runs."""
    if file in known:
        return known
    known.add(file)
    code = (CONSOLE / file).read_text()
    for told in re.findall(r'^(?:import|export)\b[^;]*?from "([^"]+)";', code, re.MULTILINE):
        path = (CONSOLE / file).parent / told
        imported(str(path.resolve().relative_to(CONSOLE.resolve())), known)
    return known


def test_every_module_of_a_form_is_kept_and_nothing_else():
    worker = (CONSOLE / "worker.js").read_text()
    (listed,) = re.findall(r"const FILES = \[(.*?)\];", worker, re.DOTALL)
    kept = set(re.findall(r'"([^"]+)"', listed))
    needed: set[str] = set()
    for start in STARTS:
        imported(start, needed)
    page = (CONSOLE / "index.html").read_text()
    needed |= set(re.findall(r'(?:href|src)="([^"]+)"', page))
    needed |= {f"words/{it.name}" for it in (CONSOLE / "words").iterdir()} | {"./"}
    assert kept == needed
