"""What a caller may do with a weekly plan now, so that no screen offers what is refused."""

from collections.abc import Collection

PLANNING = frozenset({"planner", "manager", "admin", "service"})


def allowed_actions(
    *, roles: Collection[str], step: str, state: str, can_be_accepted: bool
) -> list[str]:
    """List the verbs the API would take: `accept` a sound plan, `cancel` one that is not solved."""
    if not PLANNING.intersection(roles):
        return []
    if step == "asked" and can_be_accepted:
        return ["accept"]
    if step in {"gathering", "asked"} and state in {"queued", "running"}:
        return ["cancel"]
    return []
