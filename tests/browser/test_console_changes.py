"""A week changed by hand in the console: what it says is what the plan became."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from console_demo import Demo, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def newest(demo: Demo) -> Any:
    (first, *_) = demo.ask(f"/plans/{demo.plan}/revisions", limit=1)["items"]
    return demo.ask(f"/plans/{demo.plan}/revisions/{first['number']}")


def choose_stop(visitor: Visitor, place: str) -> str:
    """Choose a visit of the day that is shown, by keys."""
    visitor.page.locator(f".strip a[data-stop='{place}']").focus()
    visitor.page.keyboard.press("Enter")
    card(visitor).get_by_label("Raison").wait_for()
    return place


def free(visitor: Visitor, demo: Demo) -> list[str]:
    """List the visits of the day that is shown that are not pinned."""
    shown = visitor.page.locator(".strip a").evaluate_all("them => them.map(it => it.dataset.stop)")
    revision = demo.ask(f"/weekly-plans/{demo.plan}")["revision"]
    pinned = demo.ask(f"/plans/{demo.plan}/revisions/{revision}")["pinned"]
    return [it for it in shown if it not in pinned]


def card(visitor: Visitor) -> Any:
    return visitor.page.locator(".part.third")


def pin_and_search(visitor: Visitor, demo: Demo) -> str:
    place = choose_stop(visitor, free(visitor, demo)[1])
    card(visitor).get_by_label("Puis chercher mieux").check()
    card(visitor).get_by_label("Raison").fill("le gérant ne peut qu'à cette heure")
    card(visitor).get_by_role("button", name="Épingler").click()
    return place


def drop(visitor: Visitor, demo: Demo) -> str:
    place = choose_stop(visitor, free(visitor, demo)[0])
    card(visitor).get_by_label("Raison").fill("travaux en cours")
    card(visitor).get_by_role("button", name="Retirer").click()
    return place


def move(visitor: Visitor, demo: Demo) -> str:
    """Move the first visit that the last day has room for; a refusal says why and keeps nothing."""
    days = sorted({it["day"] for it in demo.ask(f"/weekly-plans/{demo.plan}")["rounds"]})
    for place in free(visitor, demo):
        choose_stop(visitor, place)
        card(visitor).get_by_label("Jour").select_option(days[-1])
        card(visitor).get_by_label("Raison").fill("fermé lundi")
        card(visitor).get_by_role("button", name="Déplacer").click()
        outcome = card(visitor).locator("[role=status] > p:not(.wait), [role=status] > .trouble")
        outcome.first.wait_for()
        if outcome.first.get_attribute("class") is None:
            return place
        assert len(outcome.first.inner_text()) > 20
        visitor.troubles = [it for it in visitor.troubles if "422" not in it]
    raise AssertionError("no visit of the first day can be moved to the last")


def add(visitor: Visitor, demo: Demo) -> str:
    left = visitor.page.locator(".part:has(h2:text('laissé')) tbody tr")
    dropped = newest(demo)["unvisited"]
    wanted = next(it for it in dropped if it["code"] == "DROPPED")
    row = left.filter(has_text=wanted["name"]).first
    row.locator("summary").click()
    row.get_by_label("Raison").fill("signalement du 115")
    row.get_by_role("button", name="Ajouter").click()
    return str(wanted["accommodation_id"])


def restore(visitor: Visitor, _demo: Demo) -> None:
    versions = visitor.page.locator(".part:has(h2:text('Versions'))")
    first = versions.locator("tbody tr").last
    first.locator("summary").click()
    first.get_by_label("Raison").fill("on repart de la première")
    first.get_by_role("button", name="Revenir").click()


Edit = Callable[[Visitor, Demo], str | None]
EDITS: list[tuple[Edit, set[str]]] = [
    (pin_and_search, {"pin", "reoptimise"}),
    (drop, {"drop"}),
    (move, {"move"}),
    (add, {"add"}),
    (restore, {"restore"}),
]


def told_of(diff: Any) -> list[float]:
    counts = [len(diff[it]) for it in ("moved", "reordered", "gained", "lost")]
    return [*counts, diff["points"], diff["travel_s"] / 60]


def hours(plan: Any) -> set[tuple[str, str]]:
    stops = [stop for it in plan["rounds"] for stop in it["stops"]]
    return {(it["accommodation_id"], it["starts_at"]) for it in stops}


def test_each_change_by_hand_says_what_became_of_the_plan(visitor: Visitor, demo: Demo):
    before, pinned = demo.ask(f"/weekly-plans/{demo.plan}"), None
    for number, (edit, kinds) in enumerate(EDITS, start=before["revision"] + 1):
        visitor.open("#/plans")
        visitor.open(f"#/plans/{demo.plan}")
        place = edit(visitor, demo)
        told = visitor.page.get_by_text(f"Révision {number} ")
        told.wait_for()
        made = newest(demo)
        assert made["number"] == number
        assert {it["kind"] for it in made["edits"]} == kinds
        shown = re.sub(r"[\s\u202f\u00a0](?=\d{3})", "", told.inner_text()).replace("−", "-")
        figures = [int(it) for it in re.findall(r"-?\d+", shown)]
        # Points and minutes are shown without their fractions.
        assert figures[1:] == pytest.approx(told_of(made["diff"]), abs=0.501), shown
        pinned = place if edit is pin_and_search else pinned
        if edit in {pin_and_search, drop, move}:
            assert (pinned in made["pinned"]) == (pinned is not None)
        visitor.page.get_by_role("button", name="Montrer le plan changé").click()
        visitor.page.locator(".title p", has_text=f"révision {number}").wait_for()
        visitor.settle()
    after = demo.ask(f"/weekly-plans/{demo.plan}")
    assert hours(after) == hours(before)


def test_a_trial_shows_what_other_means_would_bring_and_plans_nothing(visitor: Visitor, demo: Demo):
    known = demo.ask(f"/weekly-plans/{demo.plan}")
    place = known["rounds"][-1]["stops"][-1]["accommodation_id"]
    edits = {
        "based_on": known["revision"],
        "reason": "fermé",
        "edits": [{"kind": "drop", "accommodation_id": place}],
    }
    demo.client.post(f"/v1/plans/{demo.plan}/revisions", json=edits).raise_for_status()
    before = demo.ask(f"/weekly-plans/{demo.plan}")
    visitor.open(f"#/plans/{demo.plan}")
    trial = visitor.page.locator(".part:has(h2:text('Et si'))")
    trial.get_by_label("Minutes de plus par journée").fill("60")
    trial.get_by_label("Visiter à tout prix").select_option(place)
    trial.get_by_role("button", name="Essayer").click()
    rows = trial.locator("tbody tr")
    rows.first.wait_for()
    visits = [int(re.sub(r"\D", "", rows.nth(n).locator("td").nth(1).inner_text())) for n in (0, 1)]
    assert visits[0] == before["totals"]["visits"] < visits[1]
    more = visits[1] - visits[0]
    trial.get_by_text(re.compile(rf"\b{more} visites? gagnées?")).wait_for()
    assert demo.ask(f"/weekly-plans/{demo.plan}")["revision"] == before["revision"]


def test_two_weeks_are_compared_visit_by_visit(visitor: Visitor, demo: Demo):
    crew = {"id": "a", "name": "Aline", "inspector_ids": [str(uuid4())]}
    hours = [{"weekday": day, "starts_min": 540, "ends_min": 1020} for day in range(1, 6)]
    facts = {"working_days": hours, "office": {"lon": 2.35, "lat": 48.86}}
    demo.client.put(f"/v1/inspectors/{crew['inspector_ids'][0]}", json=facts).raise_for_status()
    starts_on = demo.ask(f"/weekly-plans/{demo.plan}")["starts_on"]
    week = {"starts_on": starts_on, "days": 1, "time_limit_s": 1, "crews": [crew]}
    other = demo.client.post("/v1/weekly-plans", json=week).raise_for_status().json()
    while demo.ask(f"/weekly-plans/{other['id']}")["state"] != "done":
        visitor.page.wait_for_timeout(300)
    visitor.open(f"#/plans/{demo.plan}")
    beside = visitor.page.locator(".part:has(h2:text('Comparer'))")
    beside.get_by_label("Comparer avec").select_option(other["id"])
    beside.locator("tbody tr").nth(1).wait_for()
    diff = demo.ask(f"/plans/{demo.plan}/comparison", other=other["id"])["other"]
    beside.get_by_text(f"{len(diff['gained'])} visites gagnées").click()
    names = beside.locator("details[open] li").all_inner_texts()
    assert len(names) == len(diff["gained"])
    assert all(name.startswith(it["name"]) for name, it in zip(names, diff["gained"], strict=True))
