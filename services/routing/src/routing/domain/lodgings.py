"""Hotels and hostels seen on the map: where and of what kind, and nothing that names them."""

from dataclasses import dataclass
from typing import Literal

from routing.domain.road_network import Int32

LodgingKind = Literal["hotel", "hostel", "guest_house", "apartment"]
LODGING_KINDS: tuple[LodgingKind, ...] = ("hotel", "hostel", "guest_house", "apartment")
UNKNOWN_ROOMS = -1


@dataclass(frozen=True, slots=True)
class Lodgings:
    """One row per lodging; `lodging_kind` points into `LODGING_KINDS`."""

    lodging_lon_e7: Int32
    lodging_lat_e7: Int32
    lodging_kind: Int32
    lodging_rooms: Int32
