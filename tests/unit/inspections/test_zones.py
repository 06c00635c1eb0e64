import pytest

from inspections.domain.zones import MOST_POINTS, ShapeError, areas_of

SQUARE = [[2.3, 48.9], [2.4, 48.9], [2.4, 49.0], [2.3, 48.9]]


def test_a_polygon_with_a_hole_is_read() -> None:
    (area,) = areas_of("Polygon", [SQUARE, SQUARE])

    assert area.outline[0] == (2.3, 48.9)
    assert len(area.holes) == 1


def test_several_polygons_are_read() -> None:
    assert len(areas_of("MultiPolygon", [[SQUARE], [SQUARE]])) == 2


@pytest.mark.parametrize(
    ("coordinates", "path", "reason"),
    [
        ([], "/coordinates", "at least one"),
        ("x", "/coordinates", "at least one"),
        ([7], "/coordinates/0", "list of rings"),
        ([[]], "/coordinates/0", "list of rings"),
        ([[SQUARE[:3]]], "/coordinates/0/0", "four positions"),
        ([[[*SQUARE[:3], [2.5, 48.9]]]], "/coordinates/0/0", "ends where it began"),
        ([[["a", *SQUARE[1:]]]], "/coordinates/0/0/0", "longitude, latitude"),
        ([[[[2.3], *SQUARE[1:]]]], "/coordinates/0/0/0", "longitude, latitude"),
        ([[[[True, 1], *SQUARE[1:]]]], "/coordinates/0/0/0", "longitude, latitude"),
        ([[[[200, 1], *SQUARE[1:]]]], "/coordinates/0/0/0", "longitude, latitude"),
        ([[[[float("nan"), 1], *SQUARE[1:]]]], "/coordinates/0/0/0", "longitude, latitude"),
        ([[[[48.9, 2.3], *SQUARE[1:]]]], "/coordinates/0/0/0", "swapped"),
        ([[[[0, 0], *SQUARE[1:]]]], "/coordinates/0/0/0", "no address"),
    ],
)
def test_a_shape_that_is_none_says_where(coordinates, path, reason) -> None:
    with pytest.raises(ShapeError, match=reason) as refused:
        areas_of("MultiPolygon", coordinates)

    assert refused.value.path == path


def test_a_shape_with_too_many_points_is_refused() -> None:
    ring = [SQUARE[0], *([SQUARE[1]] * MOST_POINTS), SQUARE[0]]

    with pytest.raises(ShapeError, match="simplify"):
        areas_of("Polygon", [ring])
