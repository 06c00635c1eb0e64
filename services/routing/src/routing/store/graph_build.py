"""A road graph built from a map file into a directory, step by step."""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path

from routing.domain import (
    access,
    bike_rules,
    drive_rules,
    ferries,
    speeds,
    travel_rules,
    walk_rules,
)
from routing.domain.profiles import PROFILES, Profile
from routing.domain.road_check import check_network
from routing.domain.road_errors import NoRoadError
from routing.domain.road_graph import BuiltNetwork, build_network
from routing.domain.speeds import HOME
from routing.store.bundle import Bundle, BundleMeta, ProfileMeta, write_bundle
from routing.store.osm_file import OsmExtract, read_osm

_RULES = (access, bike_rules, drive_rules, ferries, speeds, travel_rules, walk_rules)


def build_bundle(
    source: Path,
    directory: Path,
    on_progress: Callable[[float, str], None] = lambda _share, _step: None,
    *,
    country: str = HOME,
) -> BundleMeta:
    """Build the road graph of a map file; CPU work of seconds to minutes, for a process of its own.

    A map with no road for walkers or bicycles gives a graph without them; one without a road for
    cars gives none.

    Parameters
    ----------
    directory : where the graph will be; must not be there yet
    on_progress : told the share done, 0 to 1, and the step that begins
    country : whose law limits speeds where no sign does

    Raises
    ------
    OsmFileError : when the file cannot be read or has no road
    NetworkUnsoundError : when the network built does not hold together
    FileExistsError : when the directory is there.
    """
    on_progress(0.0, "reading the map file")
    extract = read_osm(source, country)
    built: dict[Profile, BuiltNetwork] = {}
    for number, profile in enumerate(PROFILES):
        on_progress(0.4 + number / 6, f"building the network to {profile}")
        network = _built(extract, profile)
        if network is not None:
            built[profile] = network
    on_progress(0.9, "writing the graph")
    networks = {profile: it.network for profile, it in built.items()}
    meta = _meta(source, extract, built, country)
    write_bundle(directory, Bundle(networks, extract.texts(), extract.lodgings), meta)
    return meta


def _built(extract: OsmExtract, profile: Profile) -> BuiltNetwork | None:
    try:
        built = build_network(extract.ways(profile))
    except NoRoadError:
        if profile == "drive":
            raise
        return None
    check_network(built.network)
    return built


def _meta(
    source: Path, extract: OsmExtract, built: dict[Profile, BuiltNetwork], country: str
) -> BundleMeta:
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return BundleMeta(
        source_name=source.name,
        source_sha256=sha256,
        osm_timestamp=extract.timestamp,
        country=country,
        profiles={
            profile: _profile_meta(it, extract.read.outcomes(profile))
            for profile, it in built.items()
        },
        profile_sha256=profile_sha256(country),
        missing_nodes=extract.read.missing_nodes,
        cut_ways=extract.read.cut_ways,
        bbox=built["drive"].network.bbox(),
    )


def profile_sha256(country: str) -> str:
    """Give the digest of the rules and speeds a graph of a country is built by."""
    rules = "".join(inspect.getsource(module) for module in _RULES)
    return hashlib.sha256((country + rules).encode()).hexdigest()


def _profile_meta(built: BuiltNetwork, outcomes: dict[str, int]) -> ProfileMeta:
    network = built.network
    arcs, _, _ = network.arcs()
    return ProfileMeta(
        nodes=network.n_nodes,
        arcs=len(arcs.tail),
        length_km=float(network.edge_length_dm.sum(dtype="int64")) / 10_000,
        component_share=built.component_share,
        restrictions={**outcomes, "applied": built.turn_rules},
    )
