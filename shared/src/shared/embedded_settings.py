"""The settings of services that run together in one process: they find and trust each other."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from shared.postgres import EmbeddedPostgres
from shared.service import Service
from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Whole:
    """All of Ronde in one process; `urls` says where each service answers, by name."""

    directory: Path
    database: EmbeddedPostgres
    urls: Mapping[str, str]
    demo: bool

    def settings_of(self, service: Service, host: str) -> ServiceSettings:
        """Give a service its settings; what is not given here comes from its environment."""
        name, gateway = service.name, self.urls["gateway"]
        chosen = service.settings()
        given: dict[str, object] = {
            "gateway_url": gateway,
            "host": host,
            "upstreams": {other: url for other, url in self.urls.items() if other != "gateway"},
            **self._access(name, chosen),
        }
        if "blobs_url" not in chosen.model_fields_set:
            given["blobs_url"] = f"file://{self.directory}/blobs/{name}"
        if service.has_database:
            given["database_url"] = self.database.url(name, name)
            given["system_url"] = self.database.url(name, f"{name}_system")
        return service.settings(**given)  # type: ignore[arg-type] # checked by Pydantic

    def _access(self, name: str, chosen: ServiceSettings) -> dict[str, object]:
        """Let the gateway issue tokens; services get theirs from it, unless told another place."""
        gateway = self.urls["gateway"]
        known = self._kept("service-secrets.json", sorted(self.urls))
        issuers = {f"{gateway}/access", *chosen.issuers} | ({gateway} if self.demo else set())
        given: dict[str, object] = {"issuers": tuple(sorted(issuers)), "demo": self.demo}
        if self.demo or not chosen.token_url:
            given |= {
                "token_url": f"{gateway}/access/token",
                "client_id": name,
                "client_secret": known[name],
                "service_secrets": known,
            }
        if "key_secret" not in chosen.model_fields_set:
            given["key_secret"] = self._kept("key-secret.json", ["gateway"])["gateway"]
        return given

    def _kept(self, file_name: str, names: list[str]) -> dict[str, SecretStr]:
        """Return secrets, made once and readable by us alone."""
        path = self.directory / file_name
        if not path.exists():
            made = {name: secrets.token_urlsafe(32) for name in names}
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(made, file)
        return {name: SecretStr(it) for name, it in json.loads(path.read_text()).items()}
