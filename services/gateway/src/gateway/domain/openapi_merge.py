"""Make one OpenAPI document of several, so that callers read one page."""

import json
from collections.abc import Mapping

Document = Mapping[str, object]
_SECTIONS = ("schemas", "responses", "parameters", "securitySchemes")


def merge(own: Document, others: Mapping[str, Document]) -> dict[str, object]:
    """Add the paths and components of `others`, by service name, to our own document.

    A component two services describe alike is kept once; a name that stands for different things
    is prefixed with its service. Our own paths win.
    """
    merged: dict[str, object] = json.loads(json.dumps(own))
    components = _section(merged, "components")
    paths = _section(merged, "paths")
    for service, document in others.items():
        renamed = _with_free_names(service, document, components)
        for section in _SECTIONS:
            ours = _section(components, section)
            for name, described in _section(_section(renamed, "components"), section).items():
                ours.setdefault(name, described)
        for path, operations in _section(renamed, "paths").items():
            if path.startswith("/v1/"):
                paths.setdefault(path, operations)
    return merged


def _section(document: dict[str, object], name: str) -> dict[str, object]:
    """Return a part of a document, made if absent."""
    found = document.setdefault(name, {})
    if not isinstance(found, dict):
        raise TypeError(f"{name} of an OpenAPI document is an object")
    return found


def _with_free_names(
    service: str, document: Document, taken: dict[str, object]
) -> dict[str, object]:
    """Prefix the components whose name is taken by something else, wherever they are named."""
    copy: dict[str, object] = json.loads(json.dumps(document))
    for section in _SECTIONS:
        described = _section(_section(copy, "components"), section)
        known = _section(taken, section)
        clashes = [n for n, it in described.items() if n in known and known[n] != it]
        text = json.dumps(copy)
        for name in clashes:
            old, new = f'"#/components/{section}/{name}"', f"{service.capitalize()}{name}"
            text = text.replace(old, f'"#/components/{section}/{new}"')
        copy = json.loads(text)
        described = _section(_section(copy, "components"), section)
        for name in clashes:
            described[f"{service.capitalize()}{name}"] = _titled(service, described.pop(name))
    return copy


def _titled(service: str, described: object) -> object:
    """Name a renamed component in its title too: makers of clients call their classes by it."""
    if not isinstance(described, dict) or "title" not in described:
        return described
    return described | {"title": f"{service.capitalize()}{described['title']}"}
