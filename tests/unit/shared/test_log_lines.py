"""A log line says where something failed and of what kind, never in the words of the failure."""

import asyncio
import contextlib
import json
import logging
import smtplib

import httpx
import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from shared.telemetry import JSONFormatter

NAME = "Jeanne Dupont"


def line_of(error: Exception) -> dict[str, str]:
    with contextlib.suppress(type(error)):
        raise error
    given = (type(error), error, error.__traceback__)
    record = logging.makeLogRecord({"msg": "request failed", "exc_info": given})
    return json.loads(JSONFormatter().format(record))


def refused(name: str) -> Exception:
    """What a database says when a rule of its own is broken."""
    told = psycopg.errors.UniqueViolation(f"DETAIL:  Key (name)=({name}) already exists.")
    error = IntegrityError("insert into inspector (name) values (%(name)s)", None, told)
    error.__cause__ = told
    return error


@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (ValueError(f"no such day: {NAME}"), ["ValueError"]),
        (refused(NAME), ["UniqueViolation", "IntegrityError"]),
        (smtplib.SMTPRecipientsRefused({NAME: (550, b"unknown")}), ["SMTPRecipientsRefused"]),
        (ExceptionGroup(NAME, [KeyError(NAME), OSError(NAME)]), ["KeyError", "ExceptionGroup"]),
        (FileNotFoundError(2, "No such file", f"/photos/{NAME}"), ["FileNotFoundError"]),
    ],
)
def test_of_a_failure_its_kind_and_place_are_told_and_no_word(error: Exception, kinds: list[str]):
    line = line_of(error)
    assert NAME not in str(line)
    for kind in kinds:
        assert kind in line["exception"]
    assert "test_log_lines.py" in line["exception"]


def test_what_an_operator_can_mend_is_told_in_words():
    away = psycopg.OperationalError("connection refused: is the server running?")
    assert "is the server running?" in line_of(away)["exception"]
    assert "No such file" in line_of(FileNotFoundError(2, "No such file", NAME))["exception"]
    request = httpx.Request("GET", f"http://gateway/v1/visits?q={NAME}")
    refusal = httpx.HTTPStatusError(NAME, request=request, response=httpx.Response(401))
    assert line_of(refusal)["exception"].endswith("HTTPStatusError: 401\n")


async def test_a_failure_nobody_waited_for_is_told_likewise(caplog: pytest.LogCaptureFixture):
    async def fails() -> None:
        raise ValueError(NAME)

    task = asyncio.ensure_future(fails())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": task.exception(),
            "task": task,
        }
    )
    (record,) = (it for it in caplog.records if it.name == "asyncio")
    line = json.loads(JSONFormatter().format(record))
    assert line["message"] == "Task exception was never retrieved"
    assert "ValueError" in line["exception"]
    assert NAME not in str(line)
