"""Check under which licences the packages are that run with Ronde: none under the GPL or AGPL.

Reads the locked list from its input, as `uv export` writes it, the installed packages, and the
lock file of the console. What a
wheel holds of others is read in its licence files: one says “BSD” and carries a library under the
GPL.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

# By their SPDX names. The LGPL asks nothing of who loads a library as it is.
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only"),
    *("LLVM-exception", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
}
# How packages without an SPDX name say it.
SAID = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# What says nothing in its metadata, read by people.
READ = {
    "httpx-aiohttp": "BSD-3-Clause",  # in its LICENSE
    "pyxform": "BSD-2-Clause",  # in its LICENSE
    "routingkit-cch": "BSD-2-Clause",  # in its list of components
}
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==\S+( ;.*)?", re.MULTILINE)
CONSOLE = Path(__file__).resolve().parents[2] / "services/gateway/console/package-lock.json"
LICENCE_FILE = re.compile(r"licen[cs]e|copying", re.IGNORECASE)
HELD = re.compile(r"^license[^:\n]*:[^\n]*", re.IGNORECASE | re.MULTILINE)
COPYLEFT = re.compile(r"(?<!L)\bA?GPL", re.IGNORECASE)
# The compiler's own library: what is compiled with it is free of the GPL.
EXEMPT = re.compile(r"GCC[- ]exception|runtime exception", re.IGNORECASE)


def licence_of(package: Distribution) -> str:
    """Name a package's licences, in SPDX names as far as it lets us."""
    name = package.metadata["Name"].lower().replace("_", "-")
    if name in READ:
        return READ[name]
    about = package.metadata.json
    if "license_expression" in about:
        return str(about["license_expression"])
    classified = [
        it.rpartition(" :: ")[2]
        for it in package.metadata.get_all("Classifier") or []
        if it.startswith("License :: ") and it.count(" :: ") > 1
    ]
    words = classified or [str(about.get("license", "unknown")).strip()]
    return " OR ".join(SAID.get(it, it) for it in words)


def is_allowed(licence: str) -> bool:
    """Tell whether one way to read an expression has allowed names only."""
    return any(
        all(name in ALLOWED for name in re.split(r" (?:AND|WITH) ", way))
        for way in licence.replace("(", "").replace(")", "").split(" OR ")
    )


def is_copyleft(line: str) -> bool:
    """Tell whether a line of a licence file leaves no way around the GPL or AGPL."""
    return all(COPYLEFT.search(way) for way in line.split(" OR ")) and not EXEMPT.search(line)


def held_in(package: Distribution) -> Iterator[str]:
    """Name what a wheel says it holds under the GPL or AGPL."""
    for file in package.files or []:
        if ".dist-info/" in str(file) and LICENCE_FILE.search(file.name):
            text = file.read_text("utf-8")
            yield from filter(is_copyleft, HELD.findall(text))


def refusals(locked: str) -> Iterator[str]:
    """Say which packages may not run with Ronde, and why."""
    for name, condition in sorted(set(LOCKED.findall(locked))):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if not condition:
                yield f"{name} is not installed, so nothing is known of it"
            continue
        licence = licence_of(package)
        if not is_allowed(licence):
            yield f"{name}: {licence}"
        yield from (f"{name} holds: {it}" for it in held_in(package))


def refusals_of_console(lock: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[str]:
    """Say which libraries may not run in the console, and why."""
    for path, about in lock["packages"].items():
        licence = about.get("license", "unknown")
        if path and not about.get("dev") and not is_allowed(licence):
            yield f"{path}: {licence}"


def main() -> int:
    """Check the locked packages; 1 when one may not run with Ronde."""
    locked = sys.stdin.read()
    wrong = [*refusals(locked), *refusals_of_console(json.loads(CONSOLE.read_text("utf-8")))]
    if not LOCKED.search(locked):
        wrong.append("no package was named")
    sys.stdout.writelines(f"{it}\n" for it in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
