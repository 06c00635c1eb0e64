"""How the work of a plan falls on the teams, as the compiled search prices it."""

from routing.domain.compiled import compiled
from routing.domain.search_board import Draft, Question, Rows


@compiled
def uneven_price(teams: Rows, permille: int) -> int:
    """Price the work that would have to change hands; as `workload.uneven_price_s` does."""
    whole, total, apart = 0, 0, 0
    for team in range(len(teams)):
        whole += teams[team].share_s
        total += teams[team].work_s
    if whole == 0 or permille == 0:
        return 0
    for team in range(len(teams)):
        apart += abs(teams[team].work_s * whole - teams[team].share_s * total)
    return permille * (apart // (2 * whole)) // 1000


@compiled
def tilt(teams: Rows, permille: int) -> None:
    """Work out what a second more costs for each team: little for those who work little."""
    whole, total, leaning = 0, 0, 0.0
    for team in range(len(teams)):
        whole += teams[team].share_s
        total += teams[team].work_s
    if whole == 0 or permille == 0:
        return
    for team in range(len(teams)):
        it = teams[team]
        it.slope = 1.0 if it.work_s * whole >= it.share_s * total else -1.0
        leaning += it.slope * it.share_s / whole
    for team in range(len(teams)):
        teams[team].slope = 0.0005 * permille * (teams[team].slope - leaning)


@compiled
def within_limits(rounds: Rows, plan: Draft) -> bool:
    """Say whether no team that drives works too much."""
    over = 0
    if len(plan.teams) == 0:
        return True
    for number in range(len(plan.sums)):
        team = plan.teams[rounds[number].team]
        over += plan.sums[number].count > 0 and team.work_s > team.most_s
    return over == 0


@compiled
def scan_priced(
    asked: Question, plan: Draft, known: Rows, candidate: int, k: int, best: int
) -> tuple[int, int, int]:
    """Look through what is known, as `search._scan` does, with the price and the limits of work."""
    number, last = -1, asked.hours.shape[2] - 1
    while asked.takers[candidate, k] >= 0:
        r = asked.takers[candidate, k]
        it = known[candidate, r]
        if it.version != plan.sums[r].version:
            break
        team = plan.teams[asked.rounds[r].team]
        more = it.extra_s - asked.hours[r, candidate, last] + asked.hours[r, candidate, 0]
        cost = it.extra_s + int(more * team.slope)
        if it.seat >= 0 and cost < best and team.work_s + more <= team.most_s:
            best, number = cost, r
        k += 1
    return k, number, best
