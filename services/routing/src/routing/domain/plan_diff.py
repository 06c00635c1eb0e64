"""What differs between two plans: visits gained, lost, moved, or in another order."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Place = TypeVar("Place", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a visit is: its round, and its place among the visits of it."""

    round: Hashable
    sequence: int


@dataclass(frozen=True, slots=True)
class Difference(Generic[Place]):
    """The places of two plans, told apart; each list in the order of the plan it is from."""

    moved: list[Place]
    reordered: list[Place]
    gained: list[Place]
    lost: list[Place]


def difference(before: Mapping[Place, Spot], after: Mapping[Place, Spot]) -> Difference[Place]:
    """Compare two plans.

    A visit is reordered when it stays in its round and its rank among those that stay changes:
    what is added or dropped before it does not count.
    """
    stay = [
        place for place in after if place in before and before[place].round == after[place].round
    ]
    was, now = _ranks(stay, before), _ranks(stay, after)
    return Difference(
        moved=[it for it in after if it in before and before[it].round != after[it].round],
        reordered=[place for place in stay if was[place] != now[place]],
        gained=[place for place in after if place not in before],
        lost=[place for place in before if place not in after],
    )


def _ranks(places: list[Place], spots: Mapping[Place, Spot]) -> dict[Place, int]:
    """Count each place among those of its round."""
    seen: dict[Hashable, int] = {}
    ranks = {}
    for place in sorted(places, key=lambda it: spots[it].sequence):
        ranks[place] = seen.get(spots[place].round, 0)
        seen[spots[place].round] = ranks[place] + 1
    return ranks
