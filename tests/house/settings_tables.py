"""Write each service's table of settings into its README, from the settings themselves."""

import importlib
import json
import re
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from shared.settings import ServiceSettings

HEADING = "## Settings\n"
NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)


def settings_of(service: str) -> type[ServiceSettings]:
    """Return the settings class of a service."""
    found: type[ServiceSettings] = importlib.import_module(f"{service}.settings").Settings
    return found


def shown(field: FieldInfo) -> str:
    """Write a default the way a variable would be set; nothing for nothing and for secrets."""
    value = field.get_default(call_default_factory=True)
    if value in ("", (), [], {}) or isinstance(value, SecretStr):
        return ""
    plain = to_jsonable_python(value)
    return f"`{plain if isinstance(plain, str) else json.dumps(plain)}`"


def table(service: str) -> str:
    """Write the table of a service's settings, in the order they are declared."""
    settings = settings_of(service)
    prefix = settings.model_config["env_prefix"]
    rows = [
        f"| `{(prefix + name).upper()}` | {shown(field)} | {field.description} |"
        for name, field in settings.model_fields.items()
    ]
    return "\n".join(["| Variable | Default | What it is |", "|---|---|---|", *rows]) + "\n"


def with_table(readme: Path, service: str) -> str:
    """Return the text of a README with its section of settings written anew."""
    before, heading, after = readme.read_text("utf-8").partition(HEADING)
    following = NEXT_HEADING.search(after)
    rest = after[following.start() :] if following else ""
    section = f"{heading or HEADING}\n{table(service)}" + ("\n" if rest else "")
    return (before if heading else before.rstrip("\n") + "\n\n") + section + rest
