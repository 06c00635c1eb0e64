"""What the demo prints is short, names what matters, and the command loads nothing early."""

import io
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from rich.console import Console

from gateway.demo.places import Hours, Place
from gateway.demo.register import as_csv
from gateway.demo.report import WIDTH, tell
from gateway.demo.scenario import Outcome, Wanted, _history_ends
from gateway.demo.size import Size
from gateway.demo.system import DemoFailed
from gateway.demo.teams import make_teams, monday_after
from inspections.domain.registry_file import parse_register
from shared.contracts.inspections.visits import VisitKind, VisitOrigin
from shared.contracts.message import JobState, Label, Position
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.plans import Certificate, Plan, Round, Stop, Unvisited
from shared.contracts.routing.roads import Graph
from shared.contracts.scoring import Interval, Model

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG = "a reason that goes on and on, far beyond what fits a line of a terminal, as reasons do " * 3


def place(number: int, sector: str) -> Place:
    return Place(
        external_id=f"DEMO-{number:04d}",
        name=f"Hôtel du Merle; {number}",
        kind="hotel",
        address="1 Rue du Merle",
        postcode="93100",
        city="Villorne",
        sector=sector,
        lon=2.3 + number / 100,
        lat=48.8,
        rooms=10,
        capacity=20,
        operator="SAS Merle",
        hours=(Hours(1, "09:00", "17:00"),),
        skills=(),
        x_m=1_000 * number,
        y_m=0,
    )


def stop(number: int, team: int = 0) -> Stop:
    other = f"Paisible {team}{number}"
    at = MONDAY + timedelta(minutes=45 * number)
    return Stop(
        stop_id=UUID(int=number),
        sequence=number + 1,
        accommodation_id=UUID(int=number),
        name=f"Maison d'hôtes de la Passerelle {other if team or number != 1 else 'Tranquille'}",
        position=Position(lon=2.3, lat=48.8),
        arrives_at=at,
        starts_at=at,
        ends_at=at,
        travel_s=60,
        wait_s=0,
        priority_points=50 + number,
        must_visit=False,
        visit_kind=VisitKind.routine,
        origin=VisitOrigin.targeted,
        score_snapshot=None,
        why=[Label(fr=LONG, en=LONG)],
    )


def tour(team: int, day: int) -> Round:
    return Round(
        round_id=f"{team} {day}",
        team_id=str(team),
        team_name="Alizé",
        inspector_ids=[],
        day=MONDAY.date() + timedelta(days=day),
        leaves_at=MONDAY,
        returns_at=MONDAY,
        lunch=None,
        stops=[stop(number, team) for number in range(9)],
        travel_s=3000,
        service_s=100,
        points=10,
    )


def left_out(number: int) -> Unvisited:
    codes = ("NO_TIME_LEFT", "NO_SKILL", "DETOUR_NOT_WORTH", "TOO_FAR_OR_WINDOW")
    return Unvisited(
        accommodation_id=UUID(int=number),
        name="Hôtel du Merle Ambré",
        priority_points=number,
        must_visit=False,
        code=codes[number % 4],
        text=Label(fr=LONG, en=LONG),
    )


def baseline(name: str) -> Baseline:
    return Baseline(
        name=name, visits=200, points=7000, travel_s=7200, expected_critical=None, must_visits=1
    )


def plan() -> Plan:
    return Plan(
        id=UUID(int=1),
        state="done",
        starts_on=MONDAY.date(),
        days=5,
        job=JobState(id=UUID(int=1), kind="k", state="done", attempt=1, created_at=MONDAY),
        graph_id=None,
        engine="greedy",
        rounds=[tour(team, day) for team in range(6) for day in range(5)],
        unvisited=[left_out(number) for number in range(40)],
        totals=Totals(
            visits=270,
            must_visits=20,
            points=9000,
            points_available=18000,
            expected_critical=None,
            travel_s=36000,
            service_s=1,
            distance_method="roads",
            objective_s=1,
        ),
        baselines=[baseline("score_order"), baseline("nearest_first")],
        certificate=Certificate(accepted=True, rules=[], violations=[], checked_at=MONDAY),
        accepted_at=None,
        created_at=MONDAY,
        attribution="",
    )


def model() -> Model:
    names = ("model", "rule", "model_within_inspector", "smoothed_rate", "last_points", "overdue")
    return Model(
        id="m",
        created_at=MONDAY,
        state="active",
        data_cutoff=MONDAY.date(),
        visits=1,
        positives=1,
        seed=1,
        features=[],
        feature_schema="s",
        windows=[],
        auc=dict.fromkeys(names, Interval(value=0.7, low=0.65, high=0.75)),
        verdict=Label(fr="", en="The model does better than the rule."),
    )


def graph() -> Graph:
    return Graph(
        id=UUID(int=2),
        name="city",
        state="active",
        created_at=MONDAY,
        source_sha256="",
        nodes=17000,
        arcs=58000,
        length_km=8300,
        component_share=0.997,
        missing_nodes=0,
        bbox=(2, 48, 3, 49),
        attribution="© OpenStreetMap contributors",
        licence="ODbL-1.0",
        osm_timestamp=None,
        age_days=0.5,
        cut_ways=0,
        country="FR",
        profile_sha256=None,
        profiles=[],
        changed_share=None,
    )


def outcome() -> Outcome:
    return Outcome(
        places=560,
        rooms=22_000,
        inspections=6100,
        graph=graph(),
        model=model(),
        verdict=LONG[:200],
        plan=plan(),
    )


def printed(what: Outcome) -> list[str]:
    console = Console(file=io.StringIO(), width=WIDTH)
    tell(console, what)
    return console.file.getvalue().splitlines()


def test_everything_fits_forty_lines_beside_eight_steps_and_three_links():
    lines = printed(outcome())
    assert len(lines) <= 40 - 8 - 3
    assert max(len(line.rstrip()) for line in lines) <= WIDTH


def test_two_places_named_alike_but_for_their_kind_are_told_apart() -> None:
    twice = plan()
    first, second, third = (it.stops[0] for it in twice.rounds[:15:5])
    first.name, second.name = "Hôtel du Merle Ambré", "Résidence du Merle Ambré"
    third.name = "Hôtel du Pinson Bavard"
    console = Console(file=io.StringIO(), width=WIDTH)
    given = outcome()
    given.plan = twice
    tell(console, given)
    text = console.file.getvalue().replace("\u00a0", " ")
    assert "09:00 Hôtel du Merle Ambré" in text
    assert "09:00 Résidence du Merle Ambré" in text
    assert "09:00 Pinson Bavard" in text


def test_the_report_says_what_matters():
    text = "\n".join(printed(outcome()))
    assert "model 0.700 (0.65–0.75), rule 0.700" in text
    assert "within" not in text
    assert "9,000 of 18,000 points" in text
    assert "score order: 200 visits" in text
    assert "nearest first: 200 visits" in text
    assert "NO_TIME_LEFT 10" in text
    assert "09:45\u00a0Passerelle\u00a0Tranquille" in text
    assert text.count("Alizé") == 6


def test_a_demo_that_did_not_come_to_a_plan_tells_what_it_has():
    assert len(printed(Outcome(places=3))) == 1


def test_the_register_reads_the_file_the_demo_sends():
    register = parse_register(as_csv([place(1, "93"), place(2, "75")]))
    assert [it.name for it in register.places] == ["Hôtel du Merle; 1", "Hôtel du Merle; 2"]
    assert register.problems == ()


def test_the_week_begins_next_monday_with_six_pairs_at_work():
    assert monday_after(date(2026, 11, 22)) == date(2026, 11, 23)
    assert monday_after(date(2026, 11, 23)) == date(2026, 11, 30)
    places = [place(n, sector) for n, sector in enumerate(("75", "93", "93", "93"))]
    teams = make_teams(places, date(2026, 11, 23), riding=True)
    assert len(teams) == 6
    assert len({who for team in teams for who in team.inspector_ids}) == 12
    assert {len(team.shifts) for team in teams} == {5}
    assert teams[0].shifts[0].starts_at.isoformat() == "2026-11-23T09:00:00+01:00"
    assert teams[1].start.lon == pytest.approx(2.32)


def test_a_directory_keeps_its_past_and_refuses_another_world(tmp_path):
    first = Wanted(Size(places=30), tmp_path, date(2026, 11, 22))
    later = Wanted(Size(places=30), tmp_path, date(2026, 12, 24))
    other = Wanted(Size(places=31), tmp_path, date(2026, 11, 22))
    assert _history_ends(first) == date(2026, 11, 22)
    assert _history_ends(later) == date(2026, 11, 22)
    with pytest.raises(DemoFailed, match="--directory"):
        _history_ends(other)


def test_the_command_loads_nothing_but_typer_before_it_runs():
    heavy = ["fastapi", "httpx", "rich.table", "pydantic", "aiohttp", "sqlalchemy"]
    code = f"import gateway.cli, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_map_that_is_not_there_is_named(tmp_path):
    code = f"import sys; from shared.cli import main; sys.argv = ['ronde', 'demo', '--pbf', '{tmp_path}/x.pbf']; main()"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "x.pbf" in done.stderr
    assert "Traceback" not in done.stderr
