"""What the commands of access do, on the database of a service or of a running `ronde serve`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from gateway.settings import Settings
from gateway.use_cases.invite import Person, first_administrator
from gateway.use_cases.keyring import Keyring, Sealer
from gateway.use_cases.passwords import LONGEST, SHORTEST
from shared.db import Database
from shared.postgres import EmbeddedPostgres
from shared.problems import Problem

ALL_ROLES = ["reader", "inspector", "planner", "manager", "admin", "auditor"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, in a sentence."""

    good: bool
    sentence: str


def run_first_admin(
    directory: Path, organisation: str, *, name: str, email: str, password: str
) -> Outcome:
    """Make the first account of an organisation."""
    address = email.strip().casefold()
    if "@" not in address or not SHORTEST <= len(password) <= LONGEST:
        return Outcome(False, f"ronde: give an e-mail address and {SHORTEST} characters or more")
    person = Person(address, name or address, ALL_ROLES, [])

    async def make(database: Database, _settings: Settings) -> str:
        account = await first_administrator(database, organisation, person, password)
        return f"{account.email} administers {organisation} ({account.organisation})"

    return _run(directory, make)


def run_replace_keys(directory: Path) -> Outcome:
    """Make a new signing key and drop those before."""

    async def replace(database: Database, settings: Settings) -> str:
        await Keyring(
            database,
            Sealer(settings.key_secret),
            issuer=settings.own_issuer,
            audience=settings.audience,
            rotate_after=timedelta(days=settings.key_days),
        ).replace()
        return "a new key signs; tokens signed before are refused within two minutes"

    return _run(directory, replace)


def _run(directory: Path, act: Callable[[Database, Settings], Awaitable[str]]) -> Outcome:
    async def connected() -> str:
        settings = _settings(directory)
        database = Database(settings.database_url, settings.system_url)
        try:
            return await act(database, settings)
        finally:
            await database.dispose()

    try:
        return Outcome(True, asyncio.run(connected()))
    except Problem as problem:
        return Outcome(False, f"ronde: {problem.detail}")
    except (SQLAlchemyError, OSError):
        return Outcome(
            False,
            f"ronde: no database answers; start `ronde serve --directory {directory}`, or set "
            "GATEWAY_DATABASE_URL and GATEWAY_SYSTEM_URL",
        )


def _settings(directory: Path) -> Settings:
    """Return the settings of the environment, or those of the `ronde serve` of a directory."""
    settings = Settings()
    if settings.database_url:
        return settings
    folder = directory.resolve()
    database = EmbeddedPostgres(folder / "postgres")
    secret = SecretStr(json.loads((folder / "key-secret.json").read_text())["gateway"])
    return settings.model_copy(
        update={
            "database_url": database.url("gateway", "gateway"),
            "system_url": database.url("gateway", "gateway_system"),
            "key_secret": secret,
        }
    )
