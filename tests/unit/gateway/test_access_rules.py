"""What keys open and how guesses are slowed down, decided without a database."""

from datetime import UTC, datetime

import pytest

from gateway.domain.access_key import Presented, digest, is_open, read, seconds_to_midnight, written
from gateway.domain.allowed_actions import allowed_actions
from gateway.domain.lockout import counted_for, lock_s
from shared.scopes import permits


def test_a_key_is_read_as_it_was_written():
    key = written("0123456789ab", "s" * 43)
    assert read(key) == Presented("0123456789ab", "s" * 43)
    for other in ("", "ronde_", key[:-1], key + "s", key.upper(), f"Bearer {key}"):
        assert read(other) is None
    assert len(digest("s" * 43)) == 32


@pytest.mark.parametrize(
    ("path", "is_it"),
    [
        ("/v1/plans/7", True),
        ("/v1/plans/7/calendar", True),
        ("/v1/plans/70", False),
        ("/v1/plans", False),
        ("/v1/visits/below", True),
    ],
)
def test_a_path_opens_itself_and_what_is_below(path: str, is_it: bool):
    assert is_open(path, ["/v1/plans/7", "/v1/visits/"]) is is_it


def test_a_day_ends_at_midnight_utc():
    assert seconds_to_midnight(datetime(2026, 1, 1, 23, 59, 30, tzinfo=UTC)) == 30
    assert seconds_to_midnight(datetime(2026, 1, 1, tzinfo=UTC)) == 86_400


def test_locks_double_and_end():
    assert [lock_s(failures, 5) for failures in (1, 4)] == [0, 0]
    assert [lock_s(failures, 5) for failures in range(5, 12)] == [30, 60, 120, 240, 480, 900, 900]
    assert lock_s(10_000, 5) == 900


def test_a_known_device_is_counted_by_itself():
    strangers = {it.name for it in counted_for("a@b", "192.0.2.1", None)}
    owners = {it.name for it in counted_for("a@b", "192.0.2.1", "phone")}
    assert len(strangers) == 3
    assert len(owners) == 1
    assert not strangers & owners


def test_scopes_narrow_and_to_write_is_to_read():
    assert permits({}, "routing", "DELETE")
    assert permits({"scope": "openid"}, "routing", "DELETE"), "a provider's own claim"
    reading = {"scopes": ["routing:read"]}
    assert permits(reading, "routing", "GET")
    assert not permits(reading, "routing", "POST")
    assert not permits(reading, "scoring", "GET")
    assert permits({"scopes": ["routing:write"]}, "routing", "GET")
    assert permits({"scopes": ["routing:write"]}, "routing", "POST")
    assert not permits({"scopes": "routing:write"}, "routing", "GET")


def test_actions_follow_from_roles():
    assert allowed_actions(["reader"]) == ["read"]
    assert allowed_actions([]) == []
    assert "administer_access" in allowed_actions(["admin"])
    assert "plan_visits" in allowed_actions(["planner"])
