"""What somebody may give of what they may do: never more than they have."""

from collections.abc import Collection, Iterable

from shared.auth import Caller
from shared.problems import Problem


def check_roles(caller: Caller, roles: Iterable[str]) -> None:
    """Refuse roles that the caller lacks; who administers may give all.

    Raises
    ------
    Problem : 403, naming them
    """
    if "admin" not in caller.roles:
        _refuse(set(roles) - caller.roles, "You cannot give a role you lack")


def check_territories(caller: Caller, territories: Collection[str]) -> None:
    """Refuse territories beyond the caller's, and all of them for who has some.

    Raises
    ------
    Problem : 403, naming them
    """
    if caller.territories:
        if not territories:
            raise Problem(403, "forbidden", "Name territories: you cannot give all of them.")
        _refuse(set(territories) - set(caller.territories), "These territories are not yours")


def check_scopes_given(caller: Caller, scopes: Iterable[str]) -> None:
    """Refuse scopes beyond those of a key that makes another; to write includes to read.

    Raises
    ------
    Problem : 403, naming them
    """
    if caller.scopes is not None:
        own = {*caller.scopes, *(it.replace(":write", ":read") for it in caller.scopes)}
        _refuse(set(scopes) - own, "Your key lacks the scopes it would give")


def _refuse(beyond: Collection[str], why: str) -> None:
    if beyond:
        raise Problem(403, "forbidden", f"{why}: {', '.join(sorted(beyond))}.")
