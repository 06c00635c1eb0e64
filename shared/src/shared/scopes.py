"""What a token may be used for, beside what its roles allow: `scopes`, as keys carry them.

A scope is `<service>:read` or `<service>:write`; to write includes to read. A token without the
claim is not narrowed; an identity provider's own `scope` is another thing and says nothing here.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

Scope = Annotated[
    str,
    Field(
        pattern=r"^(inspections|scoring|routing|gateway):(read|write)$",
        description="A service, and whether to read it or to change things too.",
    ),
]
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def permits(claims: Mapping[str, object], service: str, method: str) -> bool:
    """Tell whether a token may be used for a request to a service."""
    scopes = claims.get("scopes")
    if scopes is None:
        return True
    if not isinstance(scopes, list):
        return False
    if f"{service}:write" in scopes:
        return True
    return method in _READING and f"{service}:read" in scopes
