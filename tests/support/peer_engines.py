"""Other open routing engines, run as programs on a map file, to compare travel times with.

Their wheels are for Python 3.12 and later, but carry programs: uv unpacks them into a folder of
the cache, whatever the Python, and nothing of them is installed or imported.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np

WHEELS = ("osrm-bindings==26.10.0", "pyvalhalla==3.9.1")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ronde" / "peers"


class NoPeersError(Exception):
    """The other engines cannot be had on this machine; the message says why."""


def peers() -> Path:
    """Give the folder of the other engines, fetched from the package index on first use."""
    folder = CACHE / "-".join(wheel.partition("==")[2] for wheel in WHEELS)
    if folder.exists():
        return folder
    uv = shutil.which("uv") or str(Path(__file__).parents[2] / ".venv-boot" / "bin" / "uv")
    aside = folder.with_name(f"{folder.name}.{os.getpid()}")
    platform = ["--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28"]
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", *platform]
    try:
        subprocess.run([*command, "--target", aside, *WHEELS], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoPeersError(f"the other engines cannot be fetched: {error}") from error
    aside.rename(folder)
    return folder


def run(command, folder):
    """Run a program to its end in a folder."""
    subprocess.run([str(part) for part in command], cwd=folder, check=True, capture_output=True)


class OSRM:
    """OSRM with its car profile, asked over HTTP on loopback."""

    name = "OSRM"

    def __init__(self, pbf: Path, folder: Path) -> None:
        programs = peers() / "osrm"
        self._routed = programs / "bin" / "osrm-routed"
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "town.osm.pbf").symlink_to(pbf)
        car = programs / "share" / "profiles" / "car.lua"
        run([programs / "bin" / "osrm-extract", "-t", "1", "-p", car, "town.osm.pbf"], folder)
        for step in ("partition", "customize"):
            run([programs / "bin" / f"osrm-{step}", "-t", "1", "town.osrm"], folder)

    def seconds(self, points: list[tuple[float, float]]) -> np.ndarray:
        """Give travel times between all points, in seconds; NaN without a way."""
        places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points)
        with self._serving() as port:
            url = f"http://127.0.0.1:{port}/table/v1/driving/{places}?annotations=duration"
            answer = json.load(urlopen(url, timeout=300))
        return np.array(answer["durations"], dtype=float)

    @contextlib.contextmanager
    def _serving(self) -> Iterator[int]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = ["--algorithm", "mld", "-i", "127.0.0.1", "-p", str(port), "-t", "1"]
        command = [self._routed, *options, "--max-table-size", "5000", "town.osrm"]
        with subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL) as served:
            try:
                _wait_for(port)
                yield port
            finally:
                served.terminate()


class Valhalla:
    """Valhalla with its car costing, asked once per table."""

    name = "Valhalla"

    def __init__(self, pbf: Path, folder: Path) -> None:
        programs = peers() / "valhalla"
        self._service = programs / "bin" / "valhalla_service"
        self._folder = folder
        (folder / "tiles").mkdir(parents=True, exist_ok=True)
        config = _default_config(programs / "valhalla_build_config.py")
        config["mjolnir"] |= {"tile_dir": str(folder / "tiles"), "tile_extract": ""}
        config["mjolnir"] |= {"concurrency": 1, "admin": "", "timezone": ""}
        config["service_limits"]["auto"] |= {
            "max_matrix_location_pairs": 1_000_000,
            "max_matrix_distance": 1e7,
        }
        (folder / "config.json").write_text(json.dumps(config))
        run([programs / "bin" / "valhalla_build_tiles", "-c", "config.json", pbf], folder)

    def seconds(self, points: list[tuple[float, float]]) -> np.ndarray:
        """Give travel times between all points, in seconds; NaN without a way."""
        places = [{"lon": lon, "lat": lat} for lon, lat in points]
        asked = {"sources": places, "targets": places, "costing": "auto", "verbose": False}
        (self._folder / "request.json").write_text(json.dumps(asked))
        command = [self._service, "config.json", "sources_to_targets", "request.json"]
        told = subprocess.run(
            [str(part) for part in command],
            cwd=self._folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        answer = json.loads(told[told.index("{") :])
        return np.array(answer["sources_to_targets"]["durations"], dtype=float)


def _default_config(module: Path):
    spec = importlib.util.spec_from_file_location("valhalla_build_config", module)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)

    def sanitised(told):
        kept = {k: v for k, v in told.items() if not isinstance(v, loaded.Optional)}
        return {k: sanitised(v) if isinstance(v, dict) else v for k, v in kept.items()}

    return sanitised(loaded.config)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise NoPeersError("osrm-routed does not answer")
