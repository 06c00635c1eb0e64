"""The names and numbers of streets, kept once each and pointed at by the stretches of road."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNNAMED = -1
"""Written in place of a text's number where a road has none."""


@dataclass(frozen=True, slots=True)
class RoadTexts:
    """Texts as one run of UTF-8: text `i` is the bytes `text_offsets[i]:text_offsets[i + 1]`."""

    text_utf8: NDArray[np.uint8]
    text_offsets: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "RoadTexts":
        """Pack texts in their order."""
        packed = [text.encode() for text in texts]
        offsets = np.cumsum([0, *map(len, packed)]).astype(np.int32)
        return cls(np.frombuffer(b"".join(packed), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.text_offsets) - 1

    def __getitem__(self, number: int) -> str | None:
        """Give a text by its number; None for `UNNAMED`."""
        if number < 0:
            return None
        start, end = self.text_offsets[number], self.text_offsets[number + 1]
        return bytes(self.text_utf8[start:end]).decode()
