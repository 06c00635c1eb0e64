"""What a caller may do, in the words that screens ask for."""

from collections.abc import Iterable
from types import MappingProxyType

# Each action with the roles that allow it, as the services hold it; `admin` may do all.
_ROLES_OF = MappingProxyType(
    {
        "read": {"reader", "inspector", "planner", "manager", "auditor", "service"},
        "record_inspections": {"inspector", "planner", "manager", "service"},
        "plan_visits": {"planner", "manager", "service"},
        "change_register": {"manager", "service"},
        "read_audit": {"auditor"},
        "administer_access": set[str](),
    }
)


def allowed_actions(roles: Iterable[str]) -> list[str]:
    """List the actions that any of the roles allows."""
    held = set(roles)
    return [it for it, allowing in _ROLES_OF.items() if held & (allowing | {"admin"})]
