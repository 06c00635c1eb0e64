"""Write a new version of what is learned and how the rule weighs, with who and why."""

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store import policies, record
from scoring.store.tables import PolicyRow
from shared.auth import Caller
from shared.contracts.scoring import PolicyChange, PolicyLabel, ScoringPolicy
from shared.problems import Problem


async def change_policy(
    session: AsyncSession, change: PolicyChange, caller: Caller, *, revision: int | None
) -> None:
    """Let a new version hold from now on; all places wait to be scored by it.

    A model that was trained for another outcome does not score any more.

    Raises
    ------
    Problem : 412 when the policy changed since it was read
    """
    await policies.alone(session)
    held = await policies.current(session)
    if revision != held.version:
        raise Problem(
            412,
            "precondition-failed",
            f"Version {held.version} holds by now; read it, and send its ETag with your change.",
        )
    await policies.add(
        session,
        {
            "organisation": caller.organisation,
            "version": held.version + 1,
            "label": change.label.model_dump(mode="json"),
            "cohort_kinds": [it.value for it in change.cohort_kinds],
            "weights": change.weights.model_dump(),
            "author": caller.subject,
            "reason": change.reason,
        },
    )
    await record.mark_all_stale(session)


def policy_message(row: PolicyRow | None) -> ScoringPolicy:
    """Send a version; without one, what the product comes with."""
    values = policies.default_values() if row is None else row.model_dump()
    label = PolicyLabel.model_validate(values["label"])
    return ScoringPolicy.model_validate(
        {"author": None, "reason": None, "created_at": None} | values | {"label": label}
    )
