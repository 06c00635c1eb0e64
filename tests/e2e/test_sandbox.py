"""A partner's sandbox: an organisation of its own, full of invented data, that touches no other."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from system import System, new_system

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
SMALL = ["--places", "24", "--years", "1"]


@pytest.fixture(scope="module")
def alone() -> Iterator[System]:
    """Give a Ronde of this module's own: others expect that organisation to have nothing."""
    with new_system() as system:
        yield system


def token_of(ronde: System, person: str) -> str:
    url = f"{ronde.running.gateway_url}/demo/token"
    answer = httpx.post(url, data={"person": person}, trust_env=False)
    return str(answer.json()["access_token"])


def sandbox(ronde: System, token: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", RONDE, "sandbox", ronde.running.gateway_url, *SMALL, *options]
    return subprocess.run(
        command,
        env=os.environ | {"RONDE_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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
