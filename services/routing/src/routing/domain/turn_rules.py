"""Turns a map forbids or commands, and who is bound by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from routing.domain.profiles import Profile

Outcome = Literal["kept", "via_way", "conditional", "incomplete", "not_ours"]
"""What became of a restriction: `via_way` ones lead over a whole way and are not honoured."""

_KEYS: Mapping[Profile, tuple[str, ...]] = {
    "drive": ("motorcar", "motor_vehicle", "vehicle"),
    "bike": ("bicycle", "vehicle"),
    "walk": ("foot",),
}
"""From the most to the least specific; walkers are bound only by what names them."""

_MANY_FROM = frozenset({"no_entry"})
_MANY_TO = frozenset({"no_exit"})


@dataclass(frozen=True, slots=True)
class TurnRule:
    """At node `via`: no way from `from_way` to `to_way`, or, if `only`, no way elsewhere."""

    from_way: int
    via: int
    to_way: int
    only: bool


TurnRules = Sequence[TurnRule]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a restriction: `kind` is n, w or r, as the map writes it."""

    kind: str
    ref: int
    role: str


def binding(tags: Mapping[str, str], profile: Profile) -> str | None:
    """Give the restriction that binds a way of travelling, like `no_left_turn`; None without."""
    keys = _KEYS[profile]
    if any(key in tags.get("except", "").replace(" ", "").split(";") for key in keys):
        return None
    for key in keys:
        if f"restriction:{key}" in tags:
            return tags[f"restriction:{key}"]
    return None if profile == "walk" else tags.get("restriction")


def read_turn_rules(
    tags: Mapping[str, str], members: Iterable[Member], profile: Profile
) -> tuple[Outcome, list[TurnRule]]:
    """Read a restriction for a way of travelling; more than one rule where it closes a junction."""
    word = binding(tags, profile)
    if word is None:
        is_conditional = any(key.endswith(":conditional") for key in tags)
        return ("conditional" if is_conditional else "not_ours"), []
    if not word.startswith(("no_", "only_")):
        return "not_ours", []
    by_role: dict[str, list[Member]] = {"from": [], "via": [], "to": []}
    for member in members:
        by_role.setdefault(member.role, []).append(member)
    via, starts, ends = by_role["via"], by_role["from"], by_role["to"]
    if any(member.kind == "w" for member in via):
        return "via_way", []
    if not _is_whole(word, len(starts), len(via), len(ends)):
        return "incomplete", []
    only = word.startswith("only_")
    rules = [TurnRule(one.ref, via[0].ref, to.ref, only) for one in starts for to in ends]
    return "kept", rules


def _is_whole(word: str, starts: int, vias: int, ends: int) -> bool:
    """Tell whether a restriction has the members its word asks for."""
    if vias != 1 or not starts or not ends:
        return False
    return (starts == 1 or word in _MANY_FROM) and (ends == 1 or word in _MANY_TO)
