"""Run `ronde` in a process of its own, as people and scripts do."""

import os
import subprocess
import sys

import httpx
from system import System

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
Ran = subprocess.CompletedProcess[str]


def token_of(ronde: System, person: str = "coordinator") -> str:
    """Give the token of a person of the demo."""
    url = f"{ronde.running.gateway_url}/demo/token"
    answer = httpx.post(url, data={"person": person}, trust_env=False)
    return str(answer.json()["access_token"])


def run(*words: object, **variables: str) -> Ran:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-c", RONDE, *map(str, words)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def begun(*words: object) -> subprocess.Popen[bytes]:
    """Begin a command, to be killed."""
    command = [sys.executable, "-c", RONDE, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def asked(ronde: System, *words: object, person: str = "coordinator", **variables: str) -> Ran:
    """Run a command that asks a running Ronde as a person of the demo."""
    known = {"RONDE_URL": ronde.running.gateway_url, "RONDE_TOKEN": token_of(ronde, person)}
    return run(*words, **known | variables)
