"""The files of an organisation's photos."""

from dataclasses import dataclass
from uuid import UUID

from shared.blobs import Blobs


@dataclass(frozen=True, slots=True)
class PhotoFiles:
    """Files in a folder of the organisation's own: to remove one takes nothing from another."""

    url: str
    organisation: UUID

    @property
    def _own(self) -> Blobs:
        return Blobs(f"{self.url}/{self.organisation}")

    def put(self, content: bytes) -> str:
        """Keep a file and give its name."""
        return self._own.put(content)

    def get(self, name: str) -> bytes:
        """Read a file; those kept before organisations had folders lie above them."""
        try:
            return self._own.get(name)
        except FileNotFoundError:
            return Blobs(self.url).get(name)

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no error."""
        if not self._own.remove(name):
            Blobs(self.url).remove(name)
