"""Rounds by public transport ridden again, by the clock and the feed read anew."""

from datetime import date
from itertools import pairwise

from naive_transit import Halt, Naive

from shared.contracts.routing.plans import Round
from shared.contracts.routing.transit import JourneyLeg

Departures = dict[tuple[str, float], list[list[Halt]]]


def ride_along(round_: Round, naive: Naive) -> None:
    """Follow a round by the clock: leave when a visit ends, be there before the next begins."""
    leaves = [round_.leaves_at, *(it.ends_at for it in round_.stops)]
    there = [*(it.arrives_at for it in round_.stops), round_.returns_at]
    ways = [*(it.legs for it in round_.stops), round_.legs_back]
    lunch, leaving = round_.lunch, departures(naive, round_.day)
    for leave, arrive, legs in zip(leaves, there, ways, strict=True):
        if not legs:
            continue
        eats = lunch is not None and leave <= lunch.starts_at < arrive
        assert legs[0].departs_at >= leave
        assert legs[-1].arrives_at <= arrive
        if eats and lunch is not None:
            before = legs[-1].arrives_at <= lunch.starts_at
            assert before or legs[0].departs_at >= lunch.ends_at, "nobody eats on the way"
        for one, two in pairwise(legs):
            assert one.arrives_at <= two.departs_at
            assert (one.target, one.positions[-1]) == (two.origin, two.positions[0])
        for leg in legs:
            if leg.kind == "ride":
                assert runs(leg, leaving, naive), leg


def departures(naive: Naive, day: date) -> Departures:
    """Read the feed anew: what leaves a stop at a moment, with the halts that follow."""
    names = {id: it["stop_name"] for id, it in naive.places.items()}
    found: Departures = {}
    for halts in naive._prepared(day)[1]:
        for number, halt in enumerate(halts):
            if halt.may_board:
                found.setdefault((names[halt.stop], halt.board), []).append(halts[number + 1 :])
    return found


def runs(leg: JourneyLeg, leaving: Departures, naive: Naive) -> bool:
    """Say whether a vehicle of the feed halts at both stops at these times."""
    return any(
        naive.places[halt.stop]["stop_name"] == leg.target
        and halt.may_alight
        and halt.alight == leg.arrives_at.timestamp()
        for halts in leaving.get((str(leg.origin), leg.departs_at.timestamp()), [])
        for halt in halts
    )
