"""Better plans by ruin and recreate, compiled: strings of visits go, the best insertions come.

After Christiaens and Vanden Berghe, "Slack induction by string removals for vehicle routing
problems", Transportation Science 54(2), 2020; with prizes, so that every candidate left out may
come in, and with the price of each insertion kept until its round changes.
"""

import math

from routing.domain.compiled import compiled
from routing.domain.search_beside import cheapest_beside
from routing.domain.search_board import Draft, Ints, Question, Rows, fits
from routing.domain.search_lateness import late_change
from routing.domain.search_room import (
    ABSENT,
    BLINK,
    CHANGED,
    QUEUE,
    TAKEN_OUT,
    Dice,
    Scratch,
    drivable,
    enqueue,
    forget_step,
    insert,
    keep_best,
    remove,
    roll,
    step_back,
)
from routing.domain.search_teams import scan_priced, tilt, uneven_price, within_limits

# The paper's: how many visits a step takes out, how many from one round.
MEAN_REMOVED, LONGEST_STRING = 10.0, 10
# Absent candidates tried in a step: of so many nearest to its centre, and so many from anywhere.
NEAR_ABSENT, FAR_ABSENT = 30, 3
# How often a step prices all places higher than they are, so that a round may open for two that
# only pay together, and how much higher.
OPTIMISTIC, OPTIMISM, MOST_OPTIMISM = 0.15, 1.5, 3.0


# Shares of the steps that insert in chance order, dearest first, and dearest for the stay first;
# the others insert nearest first.
BY_CHANCE, BY_PRICE, BY_RATE = 0.35, 0.7, 0.85
SPLIT, LONGER, MODEST = 0.5, 0.5, 0.7
TRAVEL_BETWEEN_S = 600.0


@compiled
def cost_of(asked: Question, plan: Draft) -> int:
    """Price a plan: seconds driven, visits moved, and every candidate left out."""
    total = 0
    for number in range(len(asked.rounds)):
        total += plan.sums[number].cost_s
    for c in range(len(asked.price_s)):
        if plan.spots[c].owner < 0:
            total += asked.price_s[c]
    return total + uneven_price(plan.teams, asked.uneven_permille)


@compiled
def _difference(asked: Question, plan: Draft, room: Scratch) -> int:
    """By how much the step made the plan dearer."""
    total = 0
    for k in range(room.tally[CHANGED]):
        number = room.changed[k]
        total += plan.sums[number].cost_s - room.old_sums[number].cost_s
    for k in range(room.tally[QUEUE]):
        c = room.queue[k].candidate
        is_out = plan.spots[c].owner < 0
        if room.state[c] == ABSENT and not is_out:
            total -= asked.price_s[c]
        elif room.state[c] == TAKEN_OUT and is_out:
            total += asked.price_s[c]
    return total


@compiled
def _price(
    travel: Ints,
    hours: Ints,
    rounds: Rows,
    seats: Rows,
    left: tuple[int, int],
    reach: tuple[int, int, int],
    number: int,
    candidate: int,
) -> tuple[int, int]:
    """Find where a candidate costs least in one round.

    `left` is the most it may cost, and the most it may be driven for; `reach` the first and the
    last seat to try, and the number of visits.
    """
    moved = hours[number, candidate, hours.shape[2] - 1]
    best, place = left[0] - moved + 1, -1
    low, high, count = reach
    way = rounds[number].way
    for at in range(low, high + 1):
        extra = (
            travel[way + 1, candidate, seats[number, at].stop]
            + travel[way, candidate, seats[number, at + 1].stop]
        )
        if count > 0:
            extra -= seats[number, at].leg_s
        if extra >= best or extra > left[1]:
            continue
        if not fits(travel, hours, rounds, seats, (number, at), candidate):
            continue
        if rounds[number].late_permille > 0:
            spot = (number, at, count)
            extra += late_change(travel, hours, rounds, seats, spot, candidate)
        if extra < best:
            best, place = extra, at
    return best + moved, place


@compiled
def _reach(asked: Question, plan: Draft, candidate: int, number: int) -> tuple[int, int, int]:
    """Say behind which seats of a round a candidate may be inserted: its order may be locked."""
    count = plan.sums[number].count
    low, high, mine = 0, count, asked.order[candidate]
    if mine > 0:
        for at in range(count, 0, -1):
            other = asked.order[plan.seats[number, at].stop]
            if other > mine:
                high = at - 1
            elif other > 0:
                low = max(low, at)
    return low, high, count


@compiled
def _work_out(asked: Question, plan: Draft, room: Scratch, candidate: int, number: int) -> None:
    sums, it = plan.sums[number], asked.rounds[number]
    takes = plan.spots[candidate].load
    left = (3 * asked.price_s[candidate], it.most_travel_s - sums.travel_s)
    best, place = left[0], -1
    if sums.count + 2 < plan.seats.shape[1] and sums.load + takes <= it.most_load:
        best, place = _price(
            asked.travel,
            asked.hours,
            asked.rounds,
            plan.seats,
            left,
            _reach(asked, plan, candidate, number),
            number,
            candidate,
        )
    known = room.known[candidate, number]
    known.version, known.extra_s, known.seat = sums.version, best, place


@compiled
def _scan(
    takers: Ints,
    sums: Rows,
    known: Rows,
    dice: Dice,
    candidate: int,
    k: int,
    best: int,
) -> tuple[int, int, int]:
    """Look through what is known; stop at the first round that has to be worked out anew."""
    number = -1
    while takers[candidate, k] >= 0:
        r = takers[candidate, k]
        it = known[candidate, r]
        if it.version != sums[r].version:
            break
        if it.extra_s < best and it.seat >= 0 and roll(dice) >= BLINK:
            best, number = it.extra_s, r
        k += 1
    return k, number, best


@compiled
def cheapest(
    asked: Question, plan: Draft, room: Scratch, candidate: int, below: int
) -> tuple[int, int]:
    """Find the round in which a candidate costs least, less than `below`; -1 for none."""
    if asked.beside.shape[1] > 0:
        return cheapest_beside(asked, plan, room, candidate, below)
    best, chosen, k = below, -1, 0
    seen = -1
    tilt(plan.teams, asked.uneven_permille)
    # Of empty rounds alike the first will do; `seen` is the last of which one was worked out.
    while True:
        if len(plan.teams) == 0:
            k, number, best = _scan(
                asked.takers, plan.sums, room.known, room.dice, candidate, k, best
            )
        else:
            k, number, best = scan_priced(asked, plan, room.known, candidate, k, best)
        if number >= 0:
            chosen = number
        r = asked.takers[candidate, k]
        if r < 0:
            return best, chosen
        if plan.sums[r].count == 0:
            if asked.rounds[r].twin == seen:
                k += 1
                continue
            seen = asked.rounds[r].twin
        _work_out(asked, plan, room, candidate, r)


@compiled
def _ruin(asked: Question, plan: Draft, room: Scratch, centre: int, least: int) -> None:
    """Take strings out of the rounds around a place; queue the absent among its nearest.

    So many of the nearest are looked at in any case, the others until the strings are out.
    """
    visited, driven = 0, 0
    for number in range(len(asked.rounds)):
        visited += plan.sums[number].count
        driven += plan.sums[number].count > 0
    longest = min(float(LONGEST_STRING), visited / max(1, driven))
    strings = int(roll(room.dice) * (4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0) + 1.0)
    for index in range(asked.near.shape[1]):
        candidate = asked.near[centre, index]
        number = plan.spots[candidate].owner
        if number < 0:
            if index < max(least, NEAR_ABSENT):
                enqueue(room, candidate, ABSENT)
        elif strings > 0 and not room.is_changed[number]:
            _cut(asked, plan, room, candidate, longest)
            strings -= 1
        if strings <= 0 and index + 1 >= least:
            return


@compiled
def _cut(asked: Question, plan: Draft, room: Scratch, candidate: int, longest: float) -> None:
    """Take a string with a candidate out of its round, or two strings around a piece kept."""
    spot = plan.spots[candidate]
    number, at = spot.owner, spot.seat
    count = plan.sums[number].count
    length = min(count, int(roll(room.dice) * min(longest, float(count)) + 1.0))
    kept = 0
    if 1 < length < count and roll(room.dice) < SPLIT:
        kept = 1
        while length + kept < count and roll(room.dice) < LONGER:
            kept += 1
    total = length + kept
    low, high = max(1, at - total + 1), min(at, count - total + 1)
    first = low + int(roll(room.dice) * (high - low + 1))
    head = length
    if kept > 0:
        head = 1 + int(roll(room.dice) * (length - 1))
        remove(asked, plan, room, number, first + head + kept, length - head)
    remove(asked, plan, room, number, first, head)


@compiled
def _order(asked: Question, room: Scratch, centre: int) -> None:
    """Sort the queue: by chance, by price, by price for the stay, or nearest first."""
    count, how = room.tally[QUEUE], roll(room.dice)
    for k in range(count):
        c = room.queue[k].candidate
        chance = 0.7 + 0.6 * roll(room.dice)
        if how < BY_CHANCE:
            key = chance
        elif how < BY_PRICE:
            key = -asked.price_s[c] * chance
        elif how < BY_RATE:
            key = -asked.price_s[c] * chance / (asked.hours[0, c, 0] + TRAVEL_BETWEEN_S)
        else:
            key = asked.travel[0, centre, c] * chance
        # Insertion sort: a few dozen keys.
        at = k
        while at > 0 and room.queue[at - 1].key > key:
            room.queue[at] = room.queue[at - 1]
            at -= 1
        room.queue[at].candidate, room.queue[at].key = c, key


@compiled
def _fill(asked: Question, plan: Draft, room: Scratch, optimism: float) -> None:
    for k in range(room.tally[QUEUE]):
        c = room.queue[k].candidate
        _, number = cheapest(asked, plan, room, c, int(asked.price_s[c] * optimism))
        if number >= 0:
            insert(asked, plan, room, c, number, room.known[c, number].seat)


@compiled
def _prune(asked: Question, plan: Draft, room: Scratch) -> None:
    """Drop the visits of changed rounds that do not pay for their detour."""
    for k in range(room.tally[CHANGED]):
        number, at = room.changed[k], 1
        while at <= plan.sums[number].count:
            before, here, after = (
                plan.seats[number, at - 1],
                plan.seats[number, at],
                plan.seats[number, at + 1],
            )
            saved = before.leg_s + here.leg_s
            saved += asked.hours[number, here.stop, asked.hours.shape[2] - 1]
            if plan.sums[number].count > 1:
                saved -= asked.travel[asked.rounds[number].way, before.stop, after.stop]
            if saved > asked.price_s[here.stop]:
                remove(asked, plan, room, number, at, 1)
                at = 1
            else:
                at += 1


@compiled
def _change(asked: Question, plan: Draft, room: Scratch) -> None:
    """Ruin the surroundings of a place, and recreate."""
    size = len(asked.price_s)
    centre = int(roll(room.dice) * size)
    optimism = 1.0
    if roll(room.dice) < OPTIMISTIC:
        optimism = OPTIMISM if roll(room.dice) < MODEST else MOST_OPTIMISM
    # A long round that is to open needs more than a few dozen at once.
    many = asked.beside.shape[1] > 0 and optimism > 1.0
    _ruin(asked, plan, room, centre, asked.near.shape[1] if many else 0)
    for _ in range(FAR_ABSENT):
        candidate = int(roll(room.dice) * size)
        if plan.spots[candidate].owner < 0:
            enqueue(room, candidate, ABSENT)
    _order(asked, room, centre)
    _fill(asked, plan, room, optimism)
    if optimism > 1.0:
        _prune(asked, plan, room)


@compiled
def search(
    asked: Question, plan: Draft, room: Scratch, steps: int, temperature_s: float, best: int
) -> int:
    """Make so many steps; a worse plan is kept with a chance that falls with its cost.

    Returns
    -------
    The cost of the best plan so far, not above `best`; that plan is in `room`.
    """
    cost, permille = cost_of(asked, plan), asked.uneven_permille
    uneven = uneven_price(plan.teams, permille)
    for _ in range(steps):
        _change(asked, plan, room)
        now = uneven_price(plan.teams, permille)
        found = cost + _difference(asked, plan, room) + now - uneven
        possible = drivable(plan, room) and within_limits(asked.rounds, plan)
        if possible and found < cost - temperature_s * math.log(1.0 - roll(room.dice)):
            cost, uneven = found, now
            if found < best:
                best = found
                keep_best(plan, room)
        else:
            step_back(asked, plan, room)
        forget_step(room)
    return best
