"""Write the table of problem types into docs/problems.md, from the types themselves."""

from pathlib import Path

from shared.problem_types import TYPE_PREFIX, problem_types

HEADING = f"| Type (after `{TYPE_PREFIX}`) | Status | When, and what to do |\n|---|---|---|\n"


def with_table(page: Path) -> str:
    """Return the text of the page with its table written anew."""
    before, _, after = page.read_text("utf-8").partition(HEADING)
    rest = after[after.index("\n\n") :] if "\n\n" in after else "\n"
    rows = [
        f"| `{it.slug}` | {it.statuses[0]} | {it.words['en'].happened} {it.words['en'].to_do} |"
        for it in problem_types().values()
    ]
    return before + HEADING + "\n".join(rows) + rest
