"""Which service answers which path."""

from types import MappingProxyType

_RESOURCES = {
    "inspections": (
        "inspections",
        "accommodations",
        "accommodation-imports",
        "checklists",
        "visits",
        "findings",
        "candidates",
    ),
    "scoring": ("scoring", "scores", "priorities", "models", "score-runs"),
    "routing": ("routing", "graphs", "matrices", "routes", "plans"),
}
SERVICE_OF = MappingProxyType(
    {resource: service for service, resources in _RESOURCES.items() for resource in resources}
)


def service_of(path: str) -> str | None:
    """Name the service a path is passed on to; None when the gateway answers itself."""
    if not path.startswith("/v1/"):
        return None
    return SERVICE_OF.get(path[4:].partition("/")[0])
