"""What a service says of itself at the entry point `ronde.services`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, cast

from starlette.types import ASGIApp

from shared.settings import ServiceSettings

GROUP = "ronde.services"


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the commands see it.

    `run_worker` works until cancelled; a service without background work has none. Callables take
    the service's own settings.
    """

    name: str
    settings: type[ServiceSettings]
    create_app: Callable[[Any], ASGIApp]
    run_worker: Callable[[Any], Awaitable[None]] | None = None
    has_database: bool = True


def services() -> dict[str, Service]:
    """Load the installed services, by name."""
    return {point.name: cast("Service", point.load()) for point in entry_points(group=GROUP)}


def service(name: str) -> Service:
    """Load one installed service.

    Raises
    ------
    LookupError : there is none of that name; the message lists those there are
    """
    for point in entry_points(group=GROUP, name=name):
        return cast("Service", point.load())
    known = ", ".join(sorted(point.name for point in entry_points(group=GROUP)))
    raise LookupError(f"there is no service {name!r}; installed are: {known}")
