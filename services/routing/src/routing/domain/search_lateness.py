"""What an insertion does to the visits behind it, as the compiled search prices it."""

from routing.domain.board import NEVER
from routing.domain.compiled import compiled
from routing.domain.search_board import Ints, Rows, earliest, late_price


@compiled
def late_change(
    travel: Ints,
    hours: Ints,
    rounds: Rows,
    seats: Rows,
    spot: tuple[int, int, int],
    candidate: int,
) -> int:
    """Price by how much later a round is with a candidate; see `lateness.late_change`.

    `spot` names the round, the seat the candidate comes behind, and the number of visits.
    """
    number, at, count = spot
    it, seat = rounds[number], seats[number, at]
    here, ready, fed = seat.stop, seat.ready_s, seat.fed_ready_s
    late, fed_late = seat.late_s, seat.fed_late_s
    for k in range(at, count + 2):
        stop = candidate if k == at else seats[number, k].stop
        leg = travel[it.way, here, stop]
        fed += leg
        if it.lunch_s > 0 and ready <= it.lunch_until_s:
            eaten = max(ready + leg, it.lunch_from_s) + it.lunch_s
            if eaten < fed:
                fed, fed_late = eaten, late
        ready += leg
        if k <= count:
            ready = earliest(hours, number, stop, ready)
            fed = earliest(hours, number, stop, fed)
            late += late_price(hours, number, stop, ready, it.late_permille)
            fed_late += late_price(hours, number, stop, fed, it.late_permille)
            stay = hours[number, stop, 0]
            ready, fed = min(NEVER, ready + stay), min(NEVER, fed + stay)
        here = stop
    return int(fed_late - seats[number, count + 1].fed_late_s)
