"""Weeks of visits as people plan them through the gateway: asked for, changed by hand, accepted."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import httpx
from organisation import items, told, until

from gateway.demo.teams import monday_after

ZONE = ZoneInfo("Europe/Paris")
PEOPLE = UUID("00000000-0000-4000-8000-0000000000ac")
SOLVED_S = 180.0


def next_monday() -> date:
    """Give the first day of the week that stories plan."""
    return monday_after(datetime.now(ZONE).date())


def local(day: date, hour: float) -> datetime:
    """Give an hour of a day, local time."""
    return datetime.combine(day, time(), ZONE) + timedelta(hours=hour)


def team(name: str, days: Iterable[date], *, ends: float = 17, **changes: object) -> dict:
    """Make a pair that leaves from the middle of Paris at nine."""
    return {
        "id": name.lower(),
        "name": f"Équipe {name}",
        "size": 2,
        "inspector_ids": [str(uuid5(PEOPLE, f"{number} of {name}")) for number in range(2)],
        "start": {"lon": 2.35, "lat": 48.86},
        "shifts": [
            {"starts_at": local(it, 9).isoformat(), "ends_at": local(it, ends).isoformat()}
            for it in days
        ],
    } | changes


def solved(client: httpx.Client, teams: Sequence[dict], **week: object) -> dict:
    """Plan some days and wait for the plan."""
    asked = {"starts_on": str(next_monday()), "days": 1, "teams": teams, "time_limit_s": 1}
    made = told(client.post("/v1/weekly-plans", json=asked | week), 202)

    def over() -> dict | None:
        plan = told(client.get(f"/v1/weekly-plans/{made['id']}"))
        return None if plan["state"] in {"queued", "running"} else plan

    plan = until(over, "the week is planned", SOLVED_S)
    assert plan["state"] == "done", plan["job"]
    assert plan["certificate"]["accepted"], plan["certificate"]
    return plan


def revised(client: httpx.Client, plan: str, based_on: int, reason: str, **what: object) -> dict:
    """Change a plan by hand, or by what has happened, and wait for the checked revision."""
    key = {"Idempotency-Key": str(uuid4())}
    body = {"based_on": based_on, "reason": reason} | what

    def made() -> dict | None:
        answer = client.post(f"/v1/plans/{plan}/revisions", json=body, headers=key)
        return None if answer.status_code == 202 else told(answer, 201)

    revision = until(made, "the revision is made")
    assert revision["certificate"]["accepted"], revision["certificate"]
    return revision


def accepted(client: httpx.Client, plan: str, revision: int = 0) -> list[dict]:
    """Accept a plan; give the visits it made."""

    def outcome() -> dict | None:
        path = f"/v1/weekly-plans/{plan}/acceptance"
        answer = client.post(path, params={"revision": revision})
        return None if answer.status_code == 202 else told(answer)

    until(outcome, "the week is accepted")
    return items(client, "/v1/visits", plan_id=plan, state="planned")


def stops(plan: dict) -> list[dict]:
    """List the visits of a plan."""
    return [stop for tour in plan["rounds"] for stop in tour["stops"]]


def where(plan: dict) -> dict[str, str]:
    """Tell in which round each place is visited."""
    return {
        it["accommodation_id"]: tour["round_id"] for tour in plan["rounds"] for it in tour["stops"]
    }


def await_scores(client: httpx.Client, places: Iterable[str]) -> None:
    """Wait until places are scored with all that is known of them."""
    wanted = set(places)

    def scored() -> bool:
        page = told(client.get("/v1/priorities"))
        query = {"after": page["followed_position"], "limit": 1}
        news = told(client.get("/v1/inspections/events", params=query))
        return wanted <= {it["accommodation_id"] for it in page["items"]} and not news["items"]

    until(scored, "all places are scored")


def ago(days: float) -> str:
    """Give a moment some days before now."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()
