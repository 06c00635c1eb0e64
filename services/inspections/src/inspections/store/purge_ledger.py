"""What was purged, kept outside the database: a restored backup does not know of it.

A file each, without anything about the person: what it was about, by whom, when and why.
"""

import json
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inspections.store.retention import Purged
from shared.blobs import NamedFiles

FOLDER, ENDING = "purges", ".json"


@dataclass(frozen=True, slots=True)
class PurgeLedger:
    """The ledger of an organisation, beside the blobs."""

    files_url: str
    organisation: UUID

    @property
    def _files(self) -> NamedFiles:
        return NamedFiles(f"{self.files_url}/{FOLDER}/{self.organisation}")

    def add(self, it: Purged) -> None:
        """Write a purge down before it is done: one that fails is done later."""
        told = {
            "id": str(it.id),
            "kind": it.kind,
            "subject_id": str(it.subject_id),
            "reason": it.reason,
            "by": it.by,
            "at": it.at.isoformat(),
        }
        self._files.put(f"{it.id}{ENDING}", json.dumps(told).encode())

    def missing(self, known: Container[UUID]) -> list[Purged]:
        """Give the purges the database does not know of, the oldest first."""
        names = [it.removesuffix(ENDING) for it in self._files.names() if it.endswith(ENDING)]
        unknown = [name for name in names if UUID(name) not in known]
        found = [json.loads(self._files.get(f"{name}{ENDING}")) for name in unknown]
        purges = [
            Purged(
                id=UUID(it["id"]),
                kind=it["kind"],
                subject_id=UUID(it["subject_id"]),
                reason=it["reason"],
                by=it["by"],
                at=datetime.fromisoformat(it["at"]),
            )
            for it in found
        ]
        return sorted(purges, key=lambda it: it.at)
