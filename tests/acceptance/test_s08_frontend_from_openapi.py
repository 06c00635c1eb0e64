"""S8: a client made from the description draws a map, its labels and the history of a place."""

import statistics
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
import pytest
import record
from generated_client import Client, described, made_client
from organisation import Organisation, told
from weeks import ago, await_scores

# A third of the places each: two districts of Paris, and one département beside it.
TOWNS = (("75011", 2.37, 48.86), ("75019", 2.38, 48.885), ("93100", 2.44, 48.86))
PLACES, ASKED = 60, 40
EAST_OF_PARIS = "2.36,48.85,2.40,48.875"


@pytest.fixture(scope="module")
def coordinator(organisation: Organisation) -> httpx.Client:
    return organisation.person("coordination")


@pytest.fixture(scope="module")
def client(coordinator: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Give a client that was made from what the gateway says of itself."""
    began = time.perf_counter()
    document = described(coordinator, tmp_path_factory.mktemp("document"))
    token = coordinator.headers["Authorization"].removeprefix("Bearer ")
    with made_client(document):
        print(f"S8: client made in {time.perf_counter() - began:.1f} s")
        opened = Client(str(coordinator.base_url).rstrip("/"), token)
        yield opened
        opened.close()


def test_s08_a_frontend_is_made_from_the_description_alone(
    coordinator: httpx.Client, client: Client
):
    places = places_of_three_towns(coordinator)
    seen = seen_on_the_map(client, places)
    riskiest = those_worth_most(client, seen)
    labelled_in_both_languages(client, riskiest)
    history_of_one_place_and_of_one_departement(client, places)
    wrong_fields_are_pointed_at(client)


def places_of_three_towns(client: httpx.Client) -> dict[str, list[UUID]]:
    places: dict[str, list[UUID]] = {postcode: [] for postcode, _, _ in TOWNS}
    for number in range(PLACES):
        postcode, lon, lat = TOWNS[number % len(TOWNS)]
        position = {"lon": lon + number / 10_000, "lat": lat}
        sent = record.accommodation(number, postcode=postcode, position=position)
        made = told(client.post("/v1/accommodations", json=sent), 201)["id"]
        places[postcode].append(UUID(made))
        for days in (200, 20):
            answers = [
                {"item": "mould", "room": "12", "value": number % 5},
                {"item": "pest_bedbugs", "room": "12", "value": (number + days) % 3},
                {"item": "alarm", "value": "not_seen"},
            ]
            form = record.inspection(made, occurred_at=ago(days), answers=answers)
            told(client.post("/v1/inspections", json=form), 201)
    await_scores(client, (str(it) for ids in places.values() for it in ids))
    return places


def seen_on_the_map(client: Client, places: dict[str, list[UUID]]) -> dict[UUID, object]:
    """List what a window of the map holds, page by page."""
    seen, cursor = {}, {}
    while True:
        page = client.told(
            "accommodations.list_accommodations", bbox=EAST_OF_PARIS, limit=8, **cursor
        )
        seen |= {it.id: it for it in page.items}
        if page.next_cursor is None:
            break
        cursor = {"cursor": page.next_cursor}
    assert seen.keys() == set(places["75011"])
    measured(
        "places of a window",
        lambda: client.told("accommodations.list_accommodations", bbox=EAST_OF_PARIS, limit=1000),
    )
    return seen


def those_worth_most(client: Client, seen: dict[UUID, object]) -> list[object]:
    """Keep of the window what scores highest: priorities of a territory come the highest first."""
    page = client.told("priorities.list_priorities", territory="75")
    points = [it.priority_points for it in page.items]
    assert points == sorted(points, reverse=True)
    least = statistics.median(points)
    kept = [it for it in page.items if it.priority_points > least and it.accommodation_id in seen]
    assert 0 < len(kept) < len(seen)
    measured("priorities", lambda: client.told("priorities.list_priorities", territory="75"))
    return kept


def labelled_in_both_languages(client: Client, riskiest: list[object]) -> None:
    for it in riskiest:
        assert it.reasons
        assert all(reason.text.fr and reason.text.en for reason in it.reasons)
    checklist = client.told("checklists.get_checklist_version", "default", 1)
    labels = {it.code: it.label for it in checklist.items}
    assert (labels["pest_bedbugs"].en, labels["mould"].fr[:11]) == ("Bed bugs", "Moisissures")
    assert all(it.fr and it.en for it in labels.values())


def history_of_one_place_and_of_one_departement(
    client: Client, places: dict[str, list[UUID]]
) -> None:
    place = places["93100"][1]
    matrix = client.told("history.get_place_matrix", place)
    assert len(matrix.visits) == 2
    states = {(matrix.categories[it.category], it.state.value) for it in matrix.cells}
    assert ("fire_safety", "not_seen") in states
    assert states & {("damp_mould", "finding"), ("damp_mould", "clean")}
    measured("heatmap of a place", lambda: client.told("history.get_place_matrix", place))

    months = client.told("history.count_findings_by_month", by=grouping(client, "territory"))
    columns = client.told("history.get_finding_columns")
    here = {number for number, it in enumerate(columns.accommodations) if it in places["93100"]}
    found = sum(it in here for it in columns.columns.accommodation)
    assert found == sum(it.findings for it in months.counts if it.group == "93") > 0
    assert len(columns.columns.severity) == columns.count
    measured("heatmap of all", lambda: client.told("history.get_finding_columns"))


def grouping(client: Client, name: str) -> object:
    return client.messages.Grouping(name)


def wrong_fields_are_pointed_at(client: Client) -> None:
    wrong = client.messages.AccommodationInput(
        external_id="X", name="X", postcode="9", city="Paris", rooms=0
    )
    problem = client.answer("accommodations.create_accommodation", body=wrong).parsed
    assert {it.pointer for it in problem.errors} == {"/postcode", "/rooms"}


def measured(what: str, ask: Callable[[], object]) -> None:
    """Tell how long all but one in twenty of some requests took; no bound is held here."""
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    print(f"S8: {what}: p95 {statistics.quantiles(took, n=20)[-1]:.0f} ms of {ASKED}")
