"""Ask services of known faults about every locked package; say so when one cannot be asked."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "services/gateway/console"
# What uv and npm say when nobody answers them, and uv when it is too old to know the command.
NOT_ASKED = (
    "Request failed",
    "error sending request",
    "requires network",
    "unrecognized subcommand",
    "audit endpoint returned an error",
)
Ran = subprocess.CompletedProcess[str]


def audit(uv: str, *options: str) -> Ran:
    """Audit all Python packages, those of development too."""
    command = [uv, "audit", "--frozen", "--preview-features", "audit-command", *options]
    return _run(command, ROOT)


def audit_console(*options: str) -> Ran:
    """Audit the libraries of the console."""
    return _run(["npm", "audit", "--package-lock-only", "--omit", "dev", *options], CONSOLE)


def _run(command: list[str], folder: Path) -> Ran:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        text=True,
        capture_output=True,
        check=False,
    )


def verdict(what: str, ran: Ran) -> tuple[str, int]:
    """Say what became of an audit, and how the command ends: red for what was found."""
    said = (ran.stdout + ran.stderr).strip()
    if ran.returncode and any(it in ran.stderr for it in NOT_ASKED):
        return f"SKIPPED, {what} were NOT audited:\n{said}\n", 0
    return f"{what}:\n{said}\n", ran.returncode


def main() -> int:
    """Audit with the uv named first; 1 when a fault is known, or an audit failed."""
    verdicts = [
        verdict("Python packages", audit(sys.argv[1])),
        verdict("libraries of the console", audit_console()),
    ]
    sys.stdout.writelines(told for told, _ in verdicts)
    return int(any(code for _, code in verdicts))


if __name__ == "__main__":
    sys.exit(main())
