"""How work may fall on the teams: a limit for each, and a price for uneven shares.

Work is travel and visits. It is even when every team works the same share of its shifts; what is
priced are the hours that would have to change hands for that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

# A team without a limit.
NO_CAP_S = 1_000_000_000
# An hour that would have to change hands costs an hour of driving at most: driving in circles to
# even the work out never pays.
MOST_UNEVEN_PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class Workload:
    """Limits and prices of work, each of shape (teams,), in seconds of the whole plan.

    Parameters
    ----------
    most_s : the most a team may work, `NO_CAP_S` for no limit
    done_s : what it has worked already
    share_s : the length of its shifts, by which work is compared
    uneven_permille : what a thousand seconds that would have to change hands cost, 0 to 1000
    """

    most_s: IntArray
    done_s: IntArray
    share_s: IntArray
    uneven_permille: int = 0


def uneven_s(workload: Workload, work_s: IntArray) -> int:
    """Give the work that would have to change hands for every team to work the same share."""
    whole = int(workload.share_s.sum())
    if whole == 0:
        return 0
    apart = np.abs(work_s * whole - workload.share_s * work_s.sum())
    return int(apart.sum()) // (2 * whole)


def uneven_price_s(workload: Workload, work_s: IntArray) -> int:
    """Price the unevenness of a plan."""
    return workload.uneven_permille * uneven_s(workload, work_s) // 1000


def price_of_more(
    workload: Workload, work_s: IntArray, team: int | IntArray, more_s: IntArray
) -> IntArray:
    """Say by how much the price of unevenness changes when a team works more.

    Parameters
    ----------
    team : one for all of `more_s`, or one for each of its columns
    """
    whole, share_s = int(workload.share_s.sum()), workload.share_s
    if whole == 0 or workload.uneven_permille == 0:
        return np.zeros_like(more_s)
    # Each team is `ahead` by so much, and falls behind by its share of what is added.
    ahead = work_s * whole - share_s * work_s.sum()
    apart = np.zeros_like(more_s)
    for other in range(len(share_s)):
        apart += np.abs(ahead[other] - share_s[other] * more_s)
    before = ahead[team] - share_s[team] * more_s
    apart += np.abs(before + whole * more_s) - np.abs(before)
    after: IntArray = workload.uneven_permille * (apart // (2 * whole)) // 1000
    return after - uneven_price_s(workload, work_s)
