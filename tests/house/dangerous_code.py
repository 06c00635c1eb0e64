"""Look for code that is often dangerous: none of high severity, and the medium one explained.

An explanation is the reason at the linter's mark (`# noqa: S608 - names of ours`), since both look
for the same; what only bandit finds is explained below.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["shared/src", *sorted(f"services/{p.name}/src" for p in (ROOT / "services").iterdir())]
EXPLAINED = {
    ("inspections/migrations/versions/0023_search.py", "B608"): "a function, of our own constants",
    ("inspections/store/features.py", "B608"): "numbers of a box, read as numbers before",
    ("inspections/store/history.py", "B608"): "our own constants",
    ("scoring/store/record.py", "B608"): "names of columns, from the tables",
    ("shared/testing/__init__.py", "B108"): "a new directory of its own within it",
}


class Finding(TypedDict):
    """What we read of one of bandit's."""

    filename: str
    test_id: str
    issue_severity: str
    issue_text: str
    line_number: int
    line_range: list[int]


def findings(sources: Sequence[str], root: Path = ROOT) -> list[Finding]:
    """Give what bandit finds in folders."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive"]
    ran = subprocess.run(
        [*command, *sources], cwd=root, text=True, capture_output=True, check=False
    )
    found: list[Finding] = json.loads(ran.stdout)["results"]
    return found


def explained(finding: Finding, root: Path = ROOT) -> bool:
    """Tell whether the reason for a finding stands beside it, or in the list above."""
    name, test = finding["filename"], finding["test_id"]
    if any(name.endswith(path) and test == of for path, of in EXPLAINED):
        return True
    first, last = finding["line_number"], finding["line_range"][-1]
    lines = (root / name).read_text("utf-8").splitlines()[first - 1 : last + 1]
    mark = re.compile(rf"# noqa: [A-Z0-9, ]*\bS{test[1:]}\b - \w")
    return any(mark.search(line) for line in lines)


def unexplained(found: Sequence[Finding], root: Path = ROOT) -> Iterator[str]:
    """Name what may not stay: high severity always, medium without a reason."""
    for it in found:
        severity = it["issue_severity"]
        if severity == "HIGH" or (severity == "MEDIUM" and not explained(it, root)):
            where = f"{it['filename']}:{it['line_number']}"
            yield f"{where}: {severity} {it['test_id']} {it['issue_text']}"


def main() -> int:
    """Look through all we ship; 1 when something may not stay."""
    wrong = list(unexplained(findings(SOURCES)))
    sys.stdout.writelines(f"{it}\n" for it in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
