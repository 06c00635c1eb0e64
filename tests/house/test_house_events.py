"""Every kind of event that is told has its message in `shared.contracts.events`."""

import ast
import importlib
from pathlib import Path

import pytest

from shared.contracts.events import EVENTS

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")


def kinds_told(service):
    """Give the kinds a service's code names, and beginnings of those it puts together."""
    source = ROOT / "services" / service / "src"
    for path in sorted(source.rglob("*.py")):
        text = path.read_text("utf-8")
        if "NewEvent(" not in text:
            continue
        name = ".".join(path.relative_to(source).with_suffix("").parts)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("NewEvent"):
                yield kind_of(node.args[0], name)


def kind_of(written, module):
    match written:
        case ast.Constant(value=kind):
            return kind, True
        case ast.JoinedStr(values=[ast.Constant(value=beginning), *_]):
            return beginning, False
        case ast.Name(id=name):
            kind = getattr(importlib.import_module(module), name, "")
            return kind, bool(kind)
    return "", False


@pytest.mark.parametrize("service", SERVICES)
def test_every_kind_of_event_that_code_names_has_a_message(service):
    told = list(kinds_told(service))

    assert told
    assert [kind for kind, whole in told if whole and kind not in EVENTS] == []
    for beginning, whole in told:
        assert whole or any(kind.startswith(beginning) for kind in EVENTS), beginning
