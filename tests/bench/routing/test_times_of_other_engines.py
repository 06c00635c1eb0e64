"""Our travel times beside those of OSRM and Valhalla, on the town they were set by and another."""

from pathlib import Path

import numpy as np
import pytest
from peer_engines import OSRM, NoPeersError, Valhalla

from routing.store.bundle import read_network
from routing.store.graph_build import build_bundle
from routing.store.roads import open_roads

pytestmark = pytest.mark.bench

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm"
PLACES = 80
CALIBRATED_ON, CHECKED_ON = ("heidelberg", "DE"), ("porto", "PT")
MEDIAN, SPREAD = (0.85, 1.15), (0.7, 1.4)
SHORT_S = 60
"""Shorter journeys are a matter of where a place meets the road."""


@pytest.mark.parametrize(("town", "country"), [CALIBRATED_ON, CHECKED_ON])
def test_times_lie_with_those_of_other_engines(town, country, tmp_path):
    pbf = OSM / f"{town}.osm.pbf"
    if not pbf.exists():
        pytest.skip(f"the extract {pbf.name} is not on this machine")
    build_bundle(pbf, tmp_path / "graph", country=country)
    points = random_places(tmp_path / "graph")
    roads = open_roads(tmp_path / "graph")
    ours = roads.matrix(*np.array(points).T)[0].astype(float)
    ours[ours < 0] = np.nan
    apart = ~np.eye(PLACES, dtype=bool)
    print(f"\n{town:12}{'pairs':>7}{'p5':>7}{'median':>8}{'p95':>7}{'lost':>6}{'theirs':>8}")
    ratios = {}
    for engine in (OSRM, Valhalla):
        try:
            theirs = engine(pbf, tmp_path / engine.name).seconds(points)
        except NoPeersError as error:
            pytest.skip(str(error))
        compared = apart & np.isfinite(ours) & np.isfinite(theirs) & (theirs > SHORT_S)
        low, middle, high = np.quantile(ours[compared] / theirs[compared], [0.05, 0.5, 0.95])
        lost = [int((apart & np.isnan(times)).sum()) for times in (ours, theirs)]
        ratios[engine.name] = low, middle, high, *lost
        print(
            f"{engine.name:12}{compared.sum():7}{low:7.2f}{middle:8.2f}{high:7.2f}"
            f"{lost[0]:6}{lost[1]:8}"
        )
    for low, middle, high, lost, theirs_lost in ratios.values():
        assert MEDIAN[0] <= middle <= MEDIAN[1]
        assert low >= SPREAD[0]
        assert high <= SPREAD[1]
        assert lost <= theirs_lost + 0.005 * apart.sum()


def random_places(bundle):
    """Choose places at the ends of streets where one may stop; always the same for a map."""
    network = read_network(bundle)
    streets = np.flatnonzero(network.edge_may_stop)
    node = network.edge_to[np.random.default_rng(9).choice(streets, PLACES, replace=False)]
    places = np.column_stack([network.node_lon_e7[node], network.node_lat_e7[node]]) / 1e7
    return [(float(lon), float(lat)) for lon, lat in places]
