"""Look for secrets in every tracked file; what is none, or made up for tests, is listed beside.

`--accept` writes the list anew, to be read in review before it is committed.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

ROOT = Path(__file__).resolve().parents[2]
KNOWN = Path(__file__).with_name("known_secrets.txt")
# Digests and positions, which look like keys.
LEFT_OUT = {KNOWN.name, "uv.lock", "package-lock.json"}


def found_in(path: Path) -> list[tuple[str, str, int, str]]:
    """Give what looks like a secret: its digest, the file, the line, and like what."""
    with default_settings():
        found = list(scan_file(str(path)))
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    return [(it.secret_hash[:12], name, it.line_number, it.type) for it in found]


def tracked() -> list[Path]:
    """List the files that are, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [it for it in paths if it.is_file() and it.name not in LEFT_OUT]


def scanned(paths: Iterable[Path]) -> Iterator[tuple[str, str, int, str]]:
    """Look through files, several at a time."""
    with ProcessPoolExecutor() as pool:
        for found in pool.map(found_in, paths, chunksize=40):
            yield from found


def main() -> int:
    """Compare what is found with what is known; 1 when something is new."""
    found = {f"{digest} {name}": (line, kind) for digest, name, line, kind in scanned(tracked())}
    if "--accept" in sys.argv[1:]:
        KNOWN.write_text("".join(f"{it}\n" for it in sorted(found)))
        return 0
    known = set(KNOWN.read_text("utf-8").splitlines())
    for it in sorted(found.keys() - known):
        line, kind = found[it]
        sys.stdout.write(f"{it.partition(' ')[2]}:{line}: {kind}; if it is none, --accept it\n")
    for it in sorted(known - found.keys()):
        sys.stdout.write(f"{KNOWN.name}: {it} is no longer there\n")
    return int(not found.keys() <= known)


if __name__ == "__main__":
    sys.exit(main())
