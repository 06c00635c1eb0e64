"""A timetable on disk: one directory per version, written once, its arrays mapped by readers."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from routing.domain.roads import Roads
from routing.domain.timetable import Timetable
from routing.domain.transit_feed import (
    Feed,
    Frequencies,
    Lines,
    Stops,
    StopTimes,
    Transfers,
    Trips,
)
from routing.domain.transit_walks import Walks
from routing.store.bundle import BundleError

FORMAT = 1
META, TEXTS = "meta.json", "texts.json"
_PARTS = {
    "stops": Stops,
    "lines": Lines,
    "trips": Trips,
    "times": StopTimes,
    "frequencies": Frequencies,
    "transfers": Transfers,
}


@dataclass(frozen=True, slots=True)
class TimetableMeta:
    """What is known of a timetable besides its arrays; days are those on which anything runs."""

    source_name: str
    source_sha256: str
    timezone: str
    first_day: str
    last_day: str
    stops: int
    lines: int
    trips: int
    times: int
    lone_stops: int
    format: int = FORMAT


def write_timetable(directory: Path, feed: Feed, walks: Walks, meta: TimetableMeta) -> None:
    """Write a timetable into a new directory."""
    directory.mkdir(parents=True)
    texts: dict[str, Any] = {}
    for part in _PARTS:
        for name, value in _values(getattr(feed, part)):
            _keep(directory, texts, f"{part}.{name}", value)
    for name, value in _values(walks):
        _keep(directory, texts, f"walks.{name}", value)
    _keep(directory, texts, "days", feed.days)
    texts |= {"timezone": feed.timezone, "start": feed.start.isoformat()}
    (directory / TEXTS).write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    (directory / META).write_text(json.dumps(asdict(meta), indent=1), encoding="utf-8")


def read_timetable(directory: Path) -> tuple[Feed, Walks]:
    """Open a timetable; processes share the pages of its arrays.

    Raises
    ------
    BundleError : it is missing, incomplete or of another format
    """
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
        texts = json.loads((directory / TEXTS).read_text(encoding="utf-8"))
        if meta["format"] != FORMAT:
            raise BundleError(f"a timetable of format {meta['format']}: import its feed again")
        parts = {part: _read(directory, texts, part, kind) for part, kind in _PARTS.items()}
        walks: Walks = _read(directory, texts, "walks", Walks)
        days = np.load(directory / "days.npy", mmap_mode="r")
    except (OSError, ValueError, KeyError) as error:
        raise BundleError("a timetable that cannot be read: import its feed again") from error
    return Feed(texts["timezone"], date.fromisoformat(texts["start"]), days, **parts), walks


def open_timetable(directory: Path, streets: Roads) -> Timetable:
    """Open a timetable over the streets that one walks on.

    Raises
    ------
    BundleError : it is missing, incomplete or of another format
    """
    feed, walks = read_timetable(directory)
    return Timetable.on(feed, walks, streets)


def _values(part: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - any of the parts
    return [(it.name, getattr(part, it.name)) for it in fields(part)]


def _keep(directory: Path, texts: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - an array or a list of texts
    if isinstance(value, np.ndarray):
        np.save(directory / f"{name}.npy", value)
    else:
        texts[name] = list(value)


def _read(directory: Path, texts: dict[str, Any], part: str, kind: type[Any]) -> Any:  # noqa: ANN401 - of that kind
    return kind(
        **{
            it.name: texts[name]
            if (name := f"{part}.{it.name}") in texts
            else np.load(directory / f"{name}.npy", mmap_mode="r")
            for it in fields(kind)
        }
    )
