"""A partner's sandbox: an organisation of its own, full of invented data, that touches no other."""

from collections.abc import Iterator

import httpx
import pytest
from commands import Ran, run, token_of
from system import System, new_system

SMALL = ["--places", "24", "--years", "1"]


@pytest.fixture(scope="module")
def alone() -> Iterator[System]:
    """Give a Ronde of this module's own: others expect that organisation to have nothing."""
    with new_system() as system:
        yield system


def sandbox(ronde: System, token: str, *options: str) -> Ran:
    return run("sandbox", ronde.running.gateway_url, *SMALL, *options, RONDE_TOKEN=token)


def places(ronde: System, token: str) -> list[dict[str, object]]:
    answer = httpx.get(
        f"{ronde.running.gateway_url}/v1/accommodations",
        params={"limit": 1000},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=60,
    )
    return answer.json()["items"]


def test_a_sandbox_is_filled_once_and_touches_no_other_organisation(alone: System):
    partner, real = token_of(alone, "neighbour"), token_of(alone, "coordinator")
    before = places(alone, real)

    first = sandbox(alone, partner)
    again = sandbox(alone, partner)
    filled = places(alone, partner)
    other = sandbox(alone, partner, "--seed", "8")

    assert first.returncode == 0, first.stderr
    assert "24 invented places" in first.stdout
    assert again.stdout == first.stdout
    assert len(filled) == 24
    assert (other.returncode, other.stdout) == (1, "")
    assert "places of its own" in other.stderr
    assert places(alone, partner) == filled
    assert places(alone, real) == before
    assert not {it["id"] for it in filled} & {it["id"] for it in before}


def test_a_token_that_may_not_write_fills_nothing(alone: System):
    refused = sandbox(alone, token_of(alone, "inspector"))

    assert refused.returncode == 1
    assert "403" in refused.stderr
