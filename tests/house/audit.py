"""Ask a service of known faults about every locked package; say so when it cannot be asked."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What uv says when nobody answers, and when it is too old to know the command.
NOT_ASKED = ("Request failed", "error sending request", "requires network", "unrecognized")
NOT_AUDITED = 2


def audit(uv: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the audit of all packages, those of development too."""
    command = [uv, "audit", "--frozen", "--preview-features", "audit-command", *options]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)


def verdict(ran: subprocess.CompletedProcess[str]) -> tuple[str, int]:
    """Say what became of an audit, and how the command ends: red for what was found."""
    said = (ran.stdout + ran.stderr).strip()
    if ran.returncode == NOT_AUDITED and any(it in said for it in NOT_ASKED):
        return f"SKIPPED, dependencies were NOT audited:\n{said}\n", 0
    return f"{said}\n", ran.returncode


def main() -> int:
    """Audit with the uv named first, at the service its options name."""
    told, code = verdict(audit(*sys.argv[1:]))
    sys.stdout.write(told)
    return code


if __name__ == "__main__":
    sys.exit(main())
