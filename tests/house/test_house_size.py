import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 400
FUNCTION_LINES = 40
# A test that follows a story from end to end may take longer to tell it.
TEST_LINES = 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
SOURCES = sorted(
    path
    for folder in ("shared/src", "services", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if "node_modules" not in path.parts
)


def name_of(path):
    return str(path.relative_to(ROOT))


def lines_of(node):
    return node.end_lineno - node.lineno + 1


def own_lines(function):
    """The lines of a function itself.

    Its docstring is not counted: telling more about a formula must not cost code lines. Functions
    inside it are counted as their own: a factory of routes is like a class.
    """
    inner = [n for n in ast.walk(function) if isinstance(n, FUNCTIONS) and n is not function]
    outermost = [n for n in inner if not any(n in ast.walk(o) for o in inner if o is not n)]
    docstring = lines_of(function.body[0]) if ast.get_docstring(function) is not None else 0
    return lines_of(function) - docstring - sum(map(lines_of, outermost))


def long_functions(tree, limit=FUNCTION_LINES):
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and own_lines(node) > limit:
            yield f"{node.name}: {own_lines(node)} lines"


def test_there_are_modules_to_look_at():
    assert len(SOURCES) > 40


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_and_its_functions_fit_their_limits(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= MODULE_LINES
    limit = TEST_LINES if path.is_relative_to(ROOT / "tests") else FUNCTION_LINES
    assert list(long_functions(ast.parse(text), limit)) == []


def test_no_module_is_named_for_nothing_in_particular():
    assert [name_of(path) for path in SOURCES if path.stem in NAMELESS] == []


def test_a_function_of_forty_one_lines_is_found():
    body = "    x = 1\n" * 40
    assert list(long_functions(ast.parse(f"def f():\n{body}"))) == ["f: 41 lines"]


def test_a_long_docstring_is_not_counted():
    docstring = '    """Say.\n' + "\n    More." * 50 + '\n    """\n'
    body = "    x = 1\n" * 39
    assert list(long_functions(ast.parse(f"def f():\n{docstring}{body}"))) == []


def test_functions_inside_a_function_are_counted_as_their_own():
    inner = "    def g():\n" + "        x = 1\n" * 40
    assert list(long_functions(ast.parse(f"def f():\n{inner}"))) == ["g: 41 lines"]
