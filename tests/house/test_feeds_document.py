"""`docs/feeds.md` tells every kind of event that the code emits, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/feeds.md").read_text("utf-8")
ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| [^|]+ \| `(\w+)` \|$", re.MULTILINE)
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
SERVICES = ("inspections", "scoring", "routing", "gateway")


def documented(service):
    section = DOCUMENT.split(f"### {service}\n")[1].split("\n### ")[0]
    return dict(ROW.findall(section))


def sources(service) -> Iterator[ast.Module]:
    for path in sorted((ROOT / f"services/{service}/src").rglob("*.py")):
        if "NewEvent" in (text := path.read_text("utf-8")) or "visit_told" in text:
            yield ast.parse(text)


def texts(node) -> Iterator[str]:
    return (
        it.value
        for it in ast.walk(node)
        if isinstance(it, ast.Constant) and isinstance(it.value, str)
    )


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def emitted(service) -> tuple[set[str], set[str]]:
    """Find the kinds written out where events are made, and the beginnings of those put together.

    Of these the endings are what the functions that put them together are called with.
    """
    trees = list(sources(service))
    whole = {it for tree in trees for it in texts(tree) if KIND.fullmatch(it)}
    begun: set[str] = set()
    for tree in trees:
        for function in (
            it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            for call in (it for it in ast.walk(function) if isinstance(it, ast.Call)):
                first = call.args[0] if call.args else None
                if not isinstance(first, ast.JoinedStr):
                    continue
                beginning = next(texts(first), "")
                if not re.fullmatch(r"[a-z_]+\.", beginning):
                    continue
                begun.add(beginning)
                callers = trees if not function.name.startswith("_") else [tree]
                whole |= {f"{beginning}{it}" for it in _endings(callers, function.name)}
    return whole, begun


def _endings(trees, name) -> Iterator[str]:
    for tree in trees:
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            told = {
                node.targets[0].id: node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and name_of(call) == name and call.args:
                    first = call.args[0]
                    value = told.get(first.id, first) if isinstance(first, ast.Name) else first
                    yield from (it for it in texts(value) if re.fullmatch("[a-z]+", it))


@pytest.mark.parametrize("service", SERVICES)
def test_every_kind_of_event_that_is_emitted_is_documented_and_no_other(service):
    whole, begun = emitted(service)
    known = set(documented(service))

    assert whole - known == set()
    written = {it for it in known if it not in whole}
    assert [it for it in written if not it.startswith(tuple(begun))] == []
    assert known, "or the document was not read"


@pytest.mark.parametrize("service", SERVICES)
def test_the_message_of_every_kind_exists(service):
    classes = {
        node.name
        for path in (ROOT / "shared/src/shared/contracts").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }

    assert set(documented(service).values()) - classes == set()


def test_a_kind_that_is_left_out_is_found():
    whole, begun = emitted("inspections")

    assert {"accommodation.changed", "notice.answered", "visit.moved"} <= whole
    assert {"visit.", "sanction.", "checklist."} <= begun
