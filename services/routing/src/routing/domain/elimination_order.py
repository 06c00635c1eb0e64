"""The order in which a hierarchy takes the nodes of a road graph away, from the roads alone.

Nested dissection by RoutingKit cuts a graph where few roads cross, and finds the cuts by the
places of the nodes. Without places we make some up from how far nodes lie from a few landmarks;
on Porto the order is then as good as with the true ones. The order by degree, which needs none
either, made that city's matrices 300 times slower.
"""

from importlib.util import find_spec

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from routing.domain.road_network import Arcs, Float64, Int32
from routing.domain.travel_engine import panics_contained

_LANDMARKS = 8

_SPAN_DEG = 0.5
"""The width of the map made up; the engine only compares."""


def fast_engine_installed() -> bool:
    """Tell whether the package of the hierarchy is there."""
    return find_spec("routingkit_cch") is not None


def elimination_order(arcs: Arcs, lon_lat: tuple[Float64, Float64] | None = None) -> Int32:
    """Order the nodes for the hierarchy; it depends on the roads alone, not on the weights.

    Empty where the fast engine is not installed: no other engine needs it.

    Parameters
    ----------
    lon_lat : degrees of each node; without them, places are made up from the roads
    """
    if not fast_engine_installed() or not arcs.n_nodes:
        return np.zeros(0, dtype=np.int32)
    from routingkit_cch import compute_order_inertial

    lon, lat = made_up_places(arcs) if lon_lat is None else lon_lat
    order = panics_contained(
        lambda: compute_order_inertial(
            arcs.n_nodes, arcs.tail.tolist(), arcs.head.tolist(), lat.tolist(), lon.tolist()
        )
    )
    return np.asarray(order, dtype=np.int32)


def made_up_places(arcs: Arcs) -> tuple[Float64, Float64]:
    """Place nodes in the plane so that neighbours lie close and far ones far.

    Classical scaling of the hops to landmarks (V. de Silva, J. B. Tenenbaum, "Sparse
    multidimensional scaling using landmark points", 2004), then every node moves towards its
    neighbours, about as often as the town has nodes from side to side: on nine times Porto a
    matrix took 100 ms of CPU with 50 moves, 63 with 200 and 53 with 600.
    """
    ends = np.concatenate([arcs.tail, arcs.head]), np.concatenate([arcs.head, arcs.tail])
    shape = (arcs.n_nodes, arcs.n_nodes)
    roads = csr_array((np.ones(len(ends[0])), ends), shape=shape)
    squared = _hops_to_landmarks(roads) ** 2
    centred = squared - squared.mean(axis=1, keepdims=True)
    centred -= centred.mean(axis=0)
    _, scale, axes = np.linalg.svd(centred, full_matrices=False)
    places = np.zeros((arcs.n_nodes, 2))
    found = min(2, len(scale))
    places[:, :found] = (scale[:found, None] * axes[:found]).T
    neighbours = np.maximum(np.asarray(roads.sum(axis=1)), 1)[:, None]
    for _ in range(int(np.sqrt(arcs.n_nodes))):
        places += (roads @ places / neighbours - places) / 2
    x, y = places.T * (_SPAN_DEG / max(float(np.abs(places).max()), 1e-9))
    return x, y


def _hops_to_landmarks(roads: csr_array) -> Float64:
    """Give hops from each landmark to each node; the next one is the farthest from those before."""
    hops: list[Float64] = []
    nearest = _hops(roads, 0)
    for _ in range(_LANDMARKS):
        landmark = int(nearest.argmax())
        hops.append(_hops(roads, landmark))
        nearest = np.minimum(nearest, hops[-1]) if len(hops) > 1 else hops[-1]
    return np.array(hops)


def _hops(roads: csr_array, node: int) -> Float64:
    hops: Float64 = dijkstra(roads, indices=[node], unweighted=True)[0]
    # Another island is farther than anything on this one.
    farthest = float(hops.max(where=np.isfinite(hops), initial=1.0))
    return np.where(np.isfinite(hops), hops, 2 * farthest)
