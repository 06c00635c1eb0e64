"""Every operation of every service answers as its document says, whatever it is asked.

`RONDE_EXAMPLES` says how many requests are made up for each, `RONDE_SEED` which; `make fuzz` asks
for a hundred. What came of them is written to `bench-results/operations.tsv`.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from made_up_requests import Caller, Document
from neighbour import ROLES
from served_story import Served, served_story

from shared.testing import THEIRS, TestDatabase, token

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
Named = tuple[str, str, str]
SERVICES = ("inspections", "scoring", "routing", "gateway")
VERBS = {"get", "post", "put", "patch", "delete", "head"}
COUNT = int(os.environ.get("RONDE_EXAMPLES", "6"))
SEED = int(os.environ.get("RONDE_SEED", "1"))
FIGURES = ROOT / "bench-results" / "operations.tsv"


def page_of(service: str) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads((ROOT / "services" / service / "openapi.json").read_text("utf-8"))


# What removes things comes last: what others ask for must be there.
OPERATIONS = sorted(
    (
        (service, path, verb)
        for service in SERVICES
        for path, verbs in page_of(service)["paths"].items()
        for verb in verbs.keys() & VERBS
    ),
    key=lambda it: (it[0], it[2] == "delete", *it),
)


@pytest.fixture(scope="module")
def ronde(module_database: Callable[[str], TestDatabase]) -> Iterator[Served]:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.use_cases.passwords._hasher", cheap)
        with served_story(module_database) as running:
            yield running


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {service: Document(page_of(service)) for service in SERVICES}


def holds(caller: Caller, operation: Named, count: int, who: str) -> None:
    """Try an operation out; keep the figures; say all that was wrong."""
    service, path, verb = operation
    tried = caller.try_out(caller.document.operation(path, verb), count, SEED)
    statuses = " ".join(f"{status}:{n}" for status, n in sorted(tried.statuses.items()))
    FIGURES.parent.mkdir(exist_ok=True)
    with FIGURES.open("a", encoding="utf-8") as figures:
        line = (who, service, f"{verb.upper()} {path}", str(tried.requests), statuses)
        figures.write("\t".join(line) + "\n")
    assert not tried.faults, "\n\n".join(f"{it}\n  {how}" for it, how in tried.faults.items())
    assert tried.requests >= count


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_it_answers_who_may_everything_as_its_document_says(ronde, documents, operation):
    service = operation[0]
    bearer = {"Authorization": f"Bearer {token(*ROLES, organisation=THEIRS)}"}
    caller = Caller(ronde.urls[service], bearer, documents[service], ronde)
    holds(caller, operation, COUNT, "all rights")


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_it_answers_who_may_little_so_too_behind_the_gateway(ronde, documents, operation):
    # A subject of its own: the edge slows down who asks too fast.
    one = token("inspector", organisation=THEIRS, subject=" ".join(operation), territories=["93"])
    bearer = {"Authorization": f"Bearer {one}"}
    caller = Caller(ronde.urls["gateway"], bearer, documents[operation[0]], ronde)
    holds(caller, operation, max(1, COUNT // 4), "few rights")
