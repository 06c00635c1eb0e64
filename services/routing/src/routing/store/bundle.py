"""A road graph on disk: one directory per version, written once, mapped into memory by readers."""

import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from routing.domain.lodgings import Lodgings
from routing.domain.road_network import RoadNetwork

FORMAT = 2
"""Raised when the arrays change. Format 1 did not tell where one may stop."""

READABLE = (1, FORMAT)

META = "meta.json"


class BundleError(Exception):
    """A road graph's directory is missing, of another format, or incomplete."""


@dataclass(frozen=True, slots=True)
class BundleMeta:
    """What is known of a road graph besides its arrays."""

    source_name: str
    source_sha256: str
    osm_timestamp: str | None
    nodes: int
    arcs: int
    length_km: float
    component_share: float
    missing_nodes: int
    cut_ways: int
    bbox: tuple[float, float, float, float]
    attribution: str = "© OpenStreetMap contributors"
    licence: str = "ODbL-1.0"
    format: int = FORMAT


def write_bundle(
    directory: Path, network: RoadNetwork, lodgings: Lodgings, meta: BundleMeta
) -> None:
    """Write a road graph into a new directory: aside first, then renamed, so never half there.

    Raises
    ------
    FileExistsError : when the directory is there: a version is never overwritten.
    """
    if directory.exists():
        raise FileExistsError(f"{directory} exists: give a new directory, a version is immutable")
    directory.parent.mkdir(parents=True, exist_ok=True)
    aside = directory.with_name(f".{directory.name}.{uuid4().hex}")
    aside.mkdir()
    try:
        for values in (network, lodgings):
            for field in fields(values):
                np.save(aside / f"{field.name}.npy", getattr(values, field.name))
        text = json.dumps(asdict(meta), ensure_ascii=False, indent=1)
        (aside / META).write_text(text, encoding="utf-8")
        aside.rename(directory)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def read_meta(directory: Path) -> BundleMeta:
    """Read what is known of a road graph.

    Raises
    ------
    BundleError : when it is missing or of another format.
    """
    try:
        told = json.loads((directory / META).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{directory} holds no road graph: build one with `ronde graph build`"
        ) from error
    if told.get("format") not in READABLE:
        raise BundleError(
            f"{directory} is of format {told.get('format')}, this version reads 1 and {FORMAT}: "
            "build it again with `ronde graph build`"
        )
    return BundleMeta(**{**told, "bbox": tuple(told["bbox"])})


def read_network(directory: Path) -> RoadNetwork:
    """Map a road graph's arrays into memory; processes share the pages.

    Raises
    ------
    BundleError : when an array is missing or the format is another.
    """
    is_first_format = read_meta(directory).format == 1
    names = {field.name for field in fields(RoadNetwork)} - {"edge_may_stop"}
    arrays = {name: _mapped(directory, name) for name in names}
    if is_first_format:
        may_stop = np.ones(len(arrays["edge_from"]), dtype=bool)
    else:
        may_stop = _mapped(directory, "edge_may_stop").view(np.bool_)
    return RoadNetwork(**arrays, edge_may_stop=may_stop)


def read_lodgings(directory: Path) -> Lodgings:
    """Read the hotels and hostels seen in the source: places and kinds, no name.

    Raises
    ------
    BundleError : when an array is missing.
    """
    return Lodgings(**{f.name: _mapped(directory, f.name) for f in fields(Lodgings)})


def _mapped(directory: Path, name: str) -> NDArray[np.int32]:
    try:
        array: NDArray[np.int32] = np.load(directory / f"{name}.npy", mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(
            f"{directory} lacks a readable {name}.npy: build it again with `ronde graph build`"
        ) from error
    return array
