"""Which weekly plans a caller may see: the one place where territories are filtered."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, cast, true
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlmodel import col

from gateway.store.tables import WeeklyPlanRow


def within(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the plans that hold no place outside these territories; none given means all.

    While its places are not known, a plan is seen by those whose territories hold the asker's.
    """
    if not territories:
        return true()
    reach = cast(list(territories), ARRAY(VARCHAR))
    asked, known = col(WeeklyPlanRow.asked_within), col(WeeklyPlanRow.territories)
    return (known.is_not(None) & known.op("<@")(reach)) | (
        known.is_(None) & asked.op("<@")(reach) & (asked != cast([], ARRAY(VARCHAR)))
    )
