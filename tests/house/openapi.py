"""Write, or check, what services say of themselves: OpenAPI, messages, settings, commands.

A reviewer sees in these files what a change does to those who call us.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

sys.path.insert(0, str(Path(__file__).parent))
import api_release
import command_pages
import problem_table
import settings_tables

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
# Describing an app asks no database, but wiring it wants to know where one would be.
NOWHERE = "postgresql+psycopg://nobody@nowhere/none"
CONTRACTS = ("message", *SERVICES)


def text_of(document: object) -> str:
    """Write a document the same way every time."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def app_of(service: str) -> FastAPI:
    """Wire a service to nothing, to be asked what it is."""
    settings = settings_tables.settings_of(service)(database_url=NOWHERE, system_url=NOWHERE)
    app: FastAPI = importlib.import_module(f"{service}.main").create_app(settings)
    return app


def service_page(service: str) -> str:
    """Describe the HTTP interface of a service, as its app tells it."""
    return text_of(app_of(service).openapi())


def messages_of(name: str) -> Iterator[type[BaseModel]]:
    """Yield the messages that a contract module, or a package's modules, define themselves."""
    contract = importlib.import_module(f"shared.contracts.{name}")
    parts = pkgutil.iter_modules(getattr(contract, "__path__", []), f"{contract.__name__}.")
    for module in [contract, *(importlib.import_module(part.name) for part in parts)]:
        for value in vars(module).values():
            is_message = isinstance(value, type) and issubclass(value, BaseModel)
            if is_message and value.__module__ == module.__name__:
                yield value


def contracts_page() -> str:
    """Describe every message of `shared.contracts`, by module."""
    pages = {}
    for name in CONTRACTS:
        messages = [(message, "validation") for message in messages_of(name)]
        pages[name] = models_json_schema(messages)[1].get("$defs", {})  # type: ignore[arg-type] # the literal type is not inferred through a list
    return text_of(pages)


def pages(services: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Yield each snapshot's path and what it must hold."""
    yield ROOT / "shared" / "contracts.json", contracts_page()
    reference = ROOT / "docs" / "command-line.md"
    yield reference, command_pages.with_reference(reference)
    problems = ROOT / "docs" / "problems.md"
    yield problems, problem_table.with_table(problems)
    api = api_release.now()
    for service in services:
        folder = ROOT / "services" / service
        page = service_page(service)
        api[service] = api_release.compact(json.loads(page))
        yield folder / "openapi.json", page
        yield folder / "README.md", settings_tables.with_table(folder / "README.md", service)
    yield api_release.CHANGELOG, api_release.changelog(api)


def main(arguments: Sequence[str]) -> int:
    """Write the snapshots of the services named, or all; with `--check`, only tell the stale."""
    only_check = "--check" in arguments
    services = [name for name in SERVICES if name in arguments] or SERVICES
    stale = [
        (path, text)
        for path, text in pages(services)
        if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        if only_check:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make openapi`\n")
        else:
            path.write_text(text, "utf-8")
    return int(bool(stale) and only_check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
