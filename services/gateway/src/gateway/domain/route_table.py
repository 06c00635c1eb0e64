"""Which service answers which path, and how long it may take to begin."""

from types import MappingProxyType

_RESOURCES = {
    "inspections": (
        "inspections",
        "accommodations",
        "accommodation-imports",
        "accommodation-duplicates",
        "address-imports",
        "geocoding",
        "operators",
        "rooms",
        "occupancy-snapshots",
        "external-identifiers",
        "zones",
        "complaints",
        "photos",
        "checklists",
        "checklist-imports",
        "form-conflicts",
        "field-submissions",
        "visits",
        "visit-briefs",
        "findings",
        "anomalies",
        "deadline-policies",
        "notices",
        "charters",
        "sanctions",
        "reinspections",
        "alerts",
        "on-call-shifts",
        "authority-contacts",
        "mails",
        "candidates",
        "grants",
        "granted-accommodations",
        "history",
        "exports",
        "revisions",
        "revision-chain",
        "record-search",
        "photo-deletions",
        "import-files",
        "import-mappings",
        "imports",
        "inspection-reviews",
        "inspection-drafts",
        "retention-rules",
        "retention-runs",
        "person-data",
        "free-text-scans",
    ),
    "scoring": (
        "scoring",
        "scores",
        "priorities",
        "models",
        "score-runs",
        "evaluations",
        "signals",
        "scoring-policies",
        "priority-policies",
        "audit-draws",
        "field-results",
        "what-ifs",
        "watch-reports",
        "outbreak-alerts",
        "trends",
    ),
    "routing": (
        "routing",
        "graphs",
        "matrices",
        "routes",
        "timetables",
        "journeys",
        "basemap",
        "plans",
        "inspectors",
        "coverage-forecasts",
        "silent-visits",
    ),
}
# What reads or writes single rows answers in seconds; many at once (`/bulk`) take longer. All else
# may read a file, a territory or a matrix first, and a feed waits for news by itself up to 30 s.
_QUICK = frozenset({"accommodations", "checklists", "findings", "models", "scores", "visits"})
_QUICK_S, _LONG_S = 30.0, 120.0
# What other programs speak to in protocols of their own, each with its own root.
_PROTOCOLS = MappingProxyType({"ogc": "inspections", "openrosa": "inspections"})
# What tells nothing of anybody, and is read without a token.
_PUBLIC = frozenset({"/v1/scoring/transparency"})
SERVICE_OF = MappingProxyType(
    {resource: service for service, resources in _RESOURCES.items() for resource in resources}
)


def service_of(path: str) -> str | None:
    """Name the service a path is passed on to; None when the gateway answers itself."""
    root, _, rest = path[1:].partition("/")
    if root == "v1":
        return SERVICE_OF.get(rest.partition("/")[0])
    return _PROTOCOLS.get(root)


def template_of(path: str) -> str:
    """Write a path that is passed on as a route: nothing of what stands behind its resource."""
    root, _, rest = path[1:].partition("/")
    resource = f"/v1/{rest.partition('/')[0]}" if root == "v1" else f"/{root}"
    return f"{resource}/{{path}}"


def speaks_protocol(path: str) -> bool:
    """Tell whether a path is one of a protocol, whose answers hold whole addresses."""
    return path[1:].partition("/")[0] in _PROTOCOLS


def is_public(path: str) -> bool:
    """Tell whether a path is passed on for whoever asks."""
    return path in _PUBLIC


def deadline_s_of(path: str) -> float:
    """Return the seconds that a passed-on path may take to its first byte, and between two."""
    is_quick = path[4:].partition("/")[0] in _QUICK and not path.endswith("/bulk")
    return _QUICK_S if is_quick else _LONG_S
