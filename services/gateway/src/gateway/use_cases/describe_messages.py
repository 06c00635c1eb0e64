"""Describe every message of every service by JSON Schema, as `shared.contracts` has it."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

import shared.contracts
from shared.contracts.events import EVENTS

_SERVICES = ("gateway", "inspections", "routing")
# What is of no service: the envelope of an event, a position, a label.
_COMMON = "message"
# A contract that is no package of its service is one of scoring.
_REST = "scoring"


@lru_cache(maxsize=1)
def messages() -> Mapping[str, type[BaseModel]]:
    """Give all messages by their lasting names, `service.Message`, in order."""
    found = {f"{_whose(it)}.{it.__name__}": it for it in _defined()}
    return {name: found[name] for name in sorted(found)}


def event_schemas() -> Mapping[str, str]:
    """Give, by kind of event, the name of the message its `data` is."""
    names = {message: name for name, message in messages().items()}
    return {kind: names[message] for kind, message in EVENTS.items()}


@lru_cache(maxsize=512)
def schema_of(name: str) -> Mapping[str, object]:
    """Describe a message; what has a default may be left out, by us too.

    Raises
    ------
    KeyError : there is no such message
    """
    schema = messages()[name].model_json_schema(mode="validation")
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def _defined() -> Iterator[type[BaseModel]]:
    package = shared.contracts
    for part in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(part.name)
        for value in vars(module).values():
            is_message = isinstance(value, type) and issubclass(value, BaseModel)
            if is_message and value.__module__ == module.__name__:
                yield value


def _whose(message: type[BaseModel]) -> str:
    part = message.__module__.removeprefix(f"{shared.contracts.__name__}.").partition(".")[0]
    return part if part in {*_SERVICES, _COMMON} else _REST
