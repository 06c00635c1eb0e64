"""Random sequences of edits: whatever is saved holds, is told truly, and can be undone."""

import copy
from functools import cache

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from plan_edits import EditedPlan, same_rounds
from plan_requests import MONDAY, candidate, place_id, scattered

from routing.use_cases.revise_plan import RevisionMade, RevisionRefusedError
from shared.contracts.routing.revisions import VisitChange

KNOWN, NEW = 14, 3
PLACE = strategies.integers(0, KNOWN + NEW - 1)
TEAM = strategies.sampled_from(["nord", "sud", "est"])
DAY = strategies.sampled_from([MONDAY, MONDAY.replace(day=3), MONDAY.replace(day=9)])
MAYBE = strategies.booleans()
Where = dict[str, tuple[str, str, int]]


@cache
def solved() -> EditedPlan:
    """Solve the plan that every sequence begins with, once."""
    return EditedPlan(candidates=scattered(KNOWN, fixed_min=50))


def where(plan: EditedPlan, revision: int) -> Where:
    """Say of every visit in which round, and the how-manieth of it."""
    return {
        place: (team, day, number)
        for (team, day), places in plan.order(revision).items()
        for number, place in enumerate(places)
    }


def turned(before: Where, after: Where) -> set[str]:
    """Find, round by round, the visits that stay and whose rank among those changes."""
    found = set()
    for team, day in {it[:2] for it in after.values()}:
        was = [it for it in before if before[it][:2] == (team, day) == after.get(it, "?")[:2]]
        now = sorted(was, key=lambda it: after[it][2])
        was.sort(key=lambda it: before[it][2])
        found |= {one for one, two in zip(was, now, strict=True) if one != two}
        found |= {two for one, two in zip(was, now, strict=True) if one != two}
    return found


class Edits(RuleBasedStateMachine):
    """Somebody who edits a plan without much thought."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = copy.copy(solved())
        self.plan.revisions = list(solved().revisions)
        self.seen = 0

    def _try(self, edit: dict[str, object]) -> RevisionMade | None:
        count = len(self.plan.revisions)
        try:
            made = self.plan.edit(edit)
        except RevisionRefusedError as refusal:
            refused = [it.pointer.startswith("/edits") and it.detail for it in refusal.errors]
        else:
            self._compare(made)
            return made
        assert refused
        assert all(refused)
        assert len(self.plan.revisions) == count
        return None

    def _compare(self, made: RevisionMade) -> None:
        """Hold the difference told against one worked out another way."""
        before, after = where(self.plan, -2), where(self.plan, -1)

        def ids(changes: list[VisitChange]) -> set[str]:
            return {str(it.accommodation_id) for it in changes}

        assert ids(made.diff.gained) == after.keys() - before.keys()
        assert ids(made.diff.lost) == before.keys() - after.keys()
        both = before.keys() & after.keys()
        assert ids(made.diff.moved) == {it for it in both if before[it][:2] != after[it][:2]}
        assert ids(made.diff.reordered) == turned(before, after)
        old, new = (self.plan.revisions[it].answer.totals for it in (-2, -1))
        assert made.diff.visits == len(after) - len(before)
        assert made.diff.points == pytest.approx(new.points - old.points)
        assert made.diff.travel_s == new.travel_s - old.travel_s

    @rule(place=PLACE)
    def drop(self, place: int) -> None:
        made = self._try({"kind": "drop", "accommodation_id": place_id(place)})
        assert made is None or place_id(place) in self.plan.left_out()

    @rule(place=PLACE, team=TEAM, day=DAY, anywhere=MAYBE)
    def add(self, place: int, team: str, day: object, *, anywhere: bool) -> None:
        edit: dict[str, object] = {"kind": "add", "accommodation_id": place_id(place)}
        if not anywhere:
            edit |= {"team_id": team, "day": str(day)}
        known = {it.accommodation_id for it in self.plan.revisions[-1].standing.extra}
        if place >= KNOWN and place_id(place) not in map(str, known):
            edit["candidate"] = candidate(place, 2.30 + place / 200, 48.87)
        if (made := self._try(edit)) is not None:
            assert [str(it.accommodation_id) for it in made.diff.gained] == [place_id(place)]

    @rule(place=PLACE, team=TEAM, day=DAY, sequence=strategies.none() | strategies.integers(1, 6))
    def move(self, place: int, team: str, day: object, sequence: int | None) -> None:
        edit = {"kind": "move", "team_id": team, "day": str(day), "sequence": sequence}
        if self._try({**edit, "accommodation_id": place_id(place)}) is not None:
            assert place_id(place) in self.plan.order()[team, str(day)]

    @rule(place=PLACE)
    def pin(self, place: int) -> None:
        self._try({"kind": "pin", "accommodation_id": place_id(place)})

    @rule(place=PLACE)
    def unpin(self, place: int) -> None:
        self._try({"kind": "unpin", "accommodation_id": place_id(place)})

    @rule(seed=strategies.integers(0, 9))
    def reoptimise(self, seed: int) -> None:
        before, standing = where(self.plan, -1), self.plan.revisions[-1].standing
        made = self._try({"kind": "reoptimise", "iteration_limit": 40, "seed": seed})
        assert made is not None
        after = where(self.plan, -1)
        for lock in standing.locks:
            place = str(lock.accommodation_id)
            assert after[place][:2] == before[place][:2]
        assert {str(it) for it in standing.added} <= after.keys()
        assert not {str(it) for it in standing.dropped} & after.keys()

    @rule(back=strategies.integers(1, 4))
    def undo(self, back: int) -> None:
        number = len(self.plan.revisions) - 1 - back
        if number < 0:
            return
        made = self._try({"kind": "restore", "revision": number})
        assert made is not None
        earlier = self.plan.revisions[number]
        assert same_rounds(made.answer.rounds, earlier.answer.rounds)
        assert made.answer.totals == earlier.answer.totals
        assert made.standing == earlier.standing

    @invariant()
    def what_is_saved_holds(self) -> None:
        if self.seen != len(self.plan.revisions):
            self.seen = len(self.plan.revisions)
            assert self.plan.violations() == []


def _run(sequences: int, edits: int) -> None:
    chosen = settings(max_examples=sequences, stateful_step_count=edits, deadline=None)
    run_state_machine_as_test(Edits, settings=chosen)


def test_every_saved_edit_holds_is_told_truly_and_can_be_undone() -> None:
    _run(15, 12)


@pytest.mark.slow
def test_three_hundred_sequences_of_edits_hold() -> None:
    _run(300, 20)
