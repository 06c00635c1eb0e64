"""A road graph on disk: one directory per version, written once, mapped into memory by readers."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from routing.domain.lodgings import Lodgings
from routing.domain.profiles import Profile
from routing.domain.road_network import RoadNetwork
from routing.domain.road_texts import RoadTexts

Mapped = NDArray[Any]
"""An array whose type of number its field tells."""

FORMAT = 3
"""Raised when the arrays change."""

META = "meta.json"
LICENCE = "ODbL-1.0"


class BundleError(Exception):
    """A road graph's directory is missing, of another format, or incomplete."""


@dataclass(frozen=True, slots=True)
class ProfileMeta:
    """What is known of the network of one way of travelling.

    `restrictions` counts what became of the map's turn restrictions: `applied` ones split a
    junction of this network, `kept` ones would have; the others say why they are not honoured.
    """

    nodes: int
    arcs: int
    length_km: float
    component_share: float
    restrictions: dict[str, int]


@dataclass(frozen=True, slots=True)
class BundleMeta:
    """What is known of a road graph besides its arrays; drive is always among the profiles.

    `profile_sha256` is the digest of the rules and speeds the graph was built by: versions with
    another one give other times for the same map.
    """

    source_name: str
    source_sha256: str
    osm_timestamp: str | None
    country: str
    profiles: dict[Profile, ProfileMeta]
    profile_sha256: str
    missing_nodes: int
    cut_ways: int
    bbox: tuple[float, float, float, float]
    attribution: str = "© OpenStreetMap contributors"
    licence: str = LICENCE
    format: int = FORMAT

    @property
    def drive(self) -> ProfileMeta:
        """Give what is known of the network cars use."""
        return self.profiles["drive"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that is written: a network per way of travelling, texts they share, lodgings."""

    networks: Mapping[Profile, RoadNetwork]
    texts: RoadTexts
    lodgings: Lodgings


def write_bundle(directory: Path, bundle: Bundle, meta: BundleMeta) -> None:
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
        _save(aside, bundle.texts)
        _save(aside, bundle.lodgings)
        for profile, network in bundle.networks.items():
            (aside / profile).mkdir()
            _save(aside / profile, network)
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
    if told.get("format") != FORMAT:
        raise BundleError(
            f"{directory} is of format {told.get('format')}, this version reads {FORMAT}: "
            "build it again with `ronde graph build`"
        )
    profiles = {profile: ProfileMeta(**known) for profile, known in told["profiles"].items()}
    return BundleMeta(**{**told, "bbox": tuple(told["bbox"]), "profiles": profiles})


def read_network(directory: Path, profile: Profile = "drive") -> RoadNetwork:
    """Map the arrays of one way of travelling into memory; processes share the pages.

    Raises
    ------
    BundleError : when an array is missing, the format is another, or nobody travels so there.
    """
    if profile not in read_meta(directory).profiles:
        raise BundleError(f"{directory} has no roads to {profile} on: build it from another map")
    return RoadNetwork(**_arrays(directory / profile, RoadNetwork))


def read_texts(directory: Path) -> RoadTexts:
    """Map the names and numbers of the streets into memory.

    Raises
    ------
    BundleError : when an array is missing.
    """
    return RoadTexts(**_arrays(directory, RoadTexts))


def read_lodgings(directory: Path) -> Lodgings:
    """Read the hotels and hostels seen in the source: places and kinds, no name.

    Raises
    ------
    BundleError : when an array is missing.
    """
    return Lodgings(**_arrays(directory, Lodgings))


def _save(directory: Path, values: RoadNetwork | RoadTexts | Lodgings) -> None:
    for field in fields(values):
        np.save(directory / f"{field.name}.npy", getattr(values, field.name))


def _arrays(directory: Path, kind: type[RoadNetwork | RoadTexts | Lodgings]) -> dict[str, Mapped]:
    return {field.name: _mapped(directory, field.name) for field in fields(kind)}


def _mapped(directory: Path, name: str) -> Mapped:
    try:
        array: Mapped = np.load(directory / f"{name}.npy", mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(
            f"{directory} lacks a readable {name}.npy: build it again with `ronde graph build`"
        ) from error
    return array
