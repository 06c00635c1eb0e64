"""Hold the API to what was released: tell what was added since, and refuse what breaks callers.

`docs/api/` keeps of each release what its documents promise, in short. What breaks callers must
stand in `agreed-breaks.toml` with its reason. `--release VERSION` keeps the API as it now is.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from api_comparison import Change, compare

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
RELEASES = ROOT / "docs" / "api"
CHANGELOG = ROOT / "docs" / "api-changelog.md"
Document = Mapping[str, Any]
# What of a schema is no promise, but prose.
PROSE = frozenset({"title", "description", "examples", "default", "discriminator"})
PROBLEM = {"$ref": "#/components/schemas/ProblemDetail"}
INTRODUCTION = """\
# What changed in the API

Made from the API documents, release by release, by `make openapi`; what it is good for stands in
[CHANGELOG.md](../CHANGELOG.md). What breaks callers' programs is refused by `make check`, unless it
is agreed to in `docs/api/agreed-breaks.toml`; then it stands here with its reason.
"""


def compact(document: Document) -> dict[str, Any]:
    """Keep of an OpenAPI document what callers' programs stand on."""
    operations = {
        f"{verb.upper()} {path}": _operation(operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }
    # Problems are all of one form: it is compared once.
    operations["every refusal"] = {
        "id": "",
        "signed": False,
        "parameters": {},
        "request_required": False,
        "request": {},
        "answers": {"of a problem": {"application/problem+json": PROBLEM}},
    }
    schemas = {name: _bare(it) for name, it in document["components"]["schemas"].items()}
    return {"operations": operations, "schemas": schemas}


def _operation(operation: Document) -> dict[str, Any]:
    asked = operation.get("requestBody", {})
    return {
        "id": operation["operationId"],
        "signed": bool(operation["security"]),
        "parameters": {
            f"{it['in']} {it['name']}": {
                "required": it["required"],
                "schema": _bare(it["schema"]),
            }
            for it in operation.get("parameters", [])
        },
        "request_required": bool(asked.get("required")),
        "request": _contents(asked),
        "answers": {status: _contents(it) for status, it in operation["responses"].items()},
    }


def _contents(bearer: Document) -> dict[str, Any]:
    return {media: _bare(it["schema"]) for media, it in bearer.get("content", {}).items()}


def _bare(schema: Any) -> Any:
    """Take the prose out of a schema; a field may have the name of a keyword."""
    if isinstance(schema, list):
        return [_bare(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        word: {name: _bare(it) for name, it in value.items()}
        if word == "properties"
        else _bare(value)
        for word, value in schema.items()
        if word not in PROSE
    }


def written(api: Document) -> str:
    """Write a release, an operation or a message a line, so that a reviewer sees what differs."""
    services = []
    for service, parts in api.items():
        sections = (
            f'"{part}": {{\n' + ",\n".join(f"{_json(k)}: {_json(v)}" for k, v in held.items()) + "}"
            for part, held in parts.items()
        )
        services.append(f'"{service}": {{' + ",\n".join(sections) + "}")
    return "{" + ",\n".join(services) + "}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def now(folder: Path = ROOT / "services") -> dict[str, Any]:
    """Return the API as the snapshots of the services tell it."""
    pages = {it: (folder / it / "openapi.json").read_text("utf-8") for it in SERVICES}
    return {service: compact(json.loads(page)) for service, page in pages.items()}


def releases() -> dict[str, Any]:
    """Return the API of each release, the oldest first."""
    found = sorted(RELEASES.glob("*.json"), key=lambda it: [*map(int, it.stem.split("."))])
    return {it.stem: json.loads(it.read_text("utf-8")) for it in found}


def agreed() -> dict[str, dict[str, str]]:
    """Return the reasons of agreed breaks by the release that they break with."""
    text = (RELEASES / "agreed-breaks.toml").read_text("utf-8")
    return tomllib.loads(text)


def changes(old: Document, new: Document) -> list[Change]:
    """List what callers notice, in order, each once."""
    found = (it for service in SERVICES for it in compare(service, old[service], new[service]))
    return sorted(set(found))


def faults(found: Iterable[Change], reasons: Mapping[str, str]) -> Iterator[str]:
    """Say which changes break callers without being agreed, and which agreed ones are not made."""
    breaking = {str(it) for it in found if it.breaks}
    for it in sorted(breaking - reasons.keys()):
        yield f"{it}. This breaks callers: undo it, or agree to it in docs/api/agreed-breaks.toml"
    for it in sorted(reasons.keys() - breaking):
        yield f"{it}. This is agreed to and not so: take it out of docs/api/agreed-breaks.toml"


def changelog(current: Document) -> str:
    """Write what changed from release to release, the newest first."""
    kept = [*releases().items(), ("", current)]
    parts = []
    for (before, old), (after, new) in pairwise(kept):
        reasons = agreed().get(before, {})
        title = after or f"Since {before}"
        parts.append(f"\n## {title}\n\n" + _told(changes(old, new), reasons))
    return INTRODUCTION + "".join(reversed(parts)) + f"\n## {kept[0][0]}\n\nThe first release.\n"


def _told(found: Sequence[Change], reasons: Mapping[str, str]) -> str:
    breaking = [f"- **Breaks:** {it}. {reasons.get(str(it), '')}" for it in found if it.breaks]
    by_operation: dict[str, list[str]] = {}
    for it in found:
        if not it.breaks:
            by_operation.setdefault(it.operation, []).append(f"{it.where} {it.what}")
    lines = [f"- `{name}`: {'; '.join(told)}." for name, told in by_operation.items()]
    return "\n".join([*breaking, *lines] or ["Nothing."]) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Check the API against the last release; or, with `--release VERSION`, keep it as one."""
    if "--release" in arguments:
        version = arguments[arguments.index("--release") + 1]
        (RELEASES / f"{version}.json").write_text(written(now()), "utf-8")
        return 0
    version, released = list(releases().items())[-1]
    wrong = list(faults(changes(released, now()), agreed().get(version, {})))
    sys.stderr.writelines(f"{it}\n" for it in wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
