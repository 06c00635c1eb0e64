"""Ferries: taken like roads, as long as the timetable says or at the pace of a slow boat."""

import re
from collections.abc import Mapping, Sequence

from routing.domain.access import WayRule, access, is_open

FERRY_KM_H = 10.0
"""Where no duration is told: crossings of rivers and harbours, boarding included."""

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def ferry_rule(
    tags: Mapping[str, str], keys: Sequence[str], closing: frozenset[str], *, asked_for: bool
) -> WayRule | None:
    """Tell how a ferry is taken; with `asked_for`, only one that names those who may board."""
    if asked_for and not access(tags, keys):
        return None
    if not is_open(tags, keys, closing):
        return None
    return WayRule(FERRY_KM_H, FERRY_KM_H, may_stop=False, duration_s=duration_s(tags))


def duration_s(tags: Mapping[str, str]) -> float | None:
    """Read `duration`: hours and minutes with or without seconds, minutes alone, or ISO 8601."""
    told = tags.get("duration", "").strip()
    if told.isdecimal():
        return float(told) * 60 or None
    if clock := _CLOCK.fullmatch(told):
        first, second, third = clock.groups()
        if first is None:
            return (int(second) * 60 + int(third)) * 60.0 or None
        return (int(first) * 60 + int(second)) * 60.0 + int(third) or None
    if told != "PT" and (iso := _ISO.fullmatch(told)):
        hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return (hours * 60 + minutes) * 60.0 + seconds or None
    return None
