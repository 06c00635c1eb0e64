"""Every type of problem that is raised has its page, and no page is of a type that is not."""

import ast
import sys
from pathlib import Path

from shared import problems
from shared.problem_types import problem_types

sys.path.insert(0, str(Path(__file__).parent))
import problem_table

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*(ROOT / "shared/src").rglob("*.py"), *ROOT.glob("services/*/src/**/*.py")]


def raised():
    """Yield where a problem is made, its status and its type, as far as they stand there."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node, "func", None)
            called = getattr(name, "id", getattr(name, "attr", None))
            if called == "Problem" and len(node.args) > 1:
                status, slug = (getattr(it, "value", None) for it in node.args[:2])
                yield f"{path.relative_to(ROOT)}:{node.lineno}", status, slug


def test_every_type_that_is_raised_has_its_page_and_no_other():
    slugs = {slug for _, _, slug in raised() if isinstance(slug, str)}
    assert slugs | set(problems.BY_STATUS.values()) == set(problem_types())


def test_a_type_is_raised_with_a_status_that_its_page_tells():
    wrong = [
        where
        for where, status, slug in raised()
        if isinstance(status, int) and status not in problem_types()[slug].statuses
    ]
    assert wrong == []
    told = problem_types()
    assert all(status in told[slug].statuses for status, slug in problems.BY_STATUS.items())


def test_the_title_of_a_type_is_what_answers_say():
    for kind in problem_types().values():
        told = problems._detail(problems.Problem(500, kind.slug, ""), "", None)
        assert (told.type, told.title) == (kind.url, kind.words["en"].title)


def test_the_page_of_problems_is_what_the_types_say():
    page = ROOT / "docs/problems.md"
    assert page.read_text("utf-8") == problem_table.with_table(page), "run `make openapi`"
