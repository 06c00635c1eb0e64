"""What the demo does, step by step, as any client of the public API could."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

from gateway.demo.city import City, make_city
from gateway.demo.client import DemoClient
from gateway.demo.gtfs_file import write_gtfs
from gateway.demo.lines import make_lines
from gateway.demo.lodgings import Lodging, places_at
from gateway.demo.osm_file import write_osm
from gateway.demo.places import Place, make_places
from gateway.demo.record import record_history
from gateway.demo.register import enter
from gateway.demo.roadside import Points, invent_addresses
from gateway.demo.size import Size
from gateway.demo.system import DemoFailed
from gateway.demo.teams import DAYS, make_teams, monday_after
from shared.contracts.gateway import WeeklyPlanRequest
from shared.contracts.message import EventPage, JobState, Label
from shared.contracts.routing.plans import Plan
from shared.contracts.routing.roads import Graph, Matrix
from shared.contracts.routing.roads import Lodging as SeenLodging
from shared.contracts.routing.transit import Timetable
from shared.contracts.scoring import Model, PriorityPage

_GRAPH_S, _FOLLOW_S, _TRAIN_S = 600, 300, 600
Said = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for."""

    size: Size
    directory: Path
    today: date
    time_limit_s: float = 10.0
    pbf: Path | None = None


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    places: int = 0
    lodgings: int | None = None
    rooms: int = 0
    inspections: int = 0
    findings: int = 0
    graph: Graph | None = None
    model: Model | None = None
    verdict: str = ""
    plan: Plan | None = None
    seconds: dict[str, float] = field(default_factory=dict)


class Scenario:
    """The steps, in order, each told when it is done."""

    def __init__(
        self, wanted: Wanted, admin: DemoClient, coordinator: DemoClient, say: Said
    ) -> None:
        self.outcome = Outcome()
        self._wanted = wanted
        self._admin = admin
        self._client = coordinator
        self._say = say
        self._until = _history_ends(wanted)

    def run(self) -> Outcome:
        """Load everything, train, and plan the coming week."""
        city = make_city(Random(self._wanted.size.seed))  # noqa: S311 - an invented world
        road_file = self._wanted.pbf or self._wanted.directory / "city.osm"
        if self._wanted.pbf is None:
            write_osm(city, road_file)
        with self._step(f"roads of {road_file.name}"):
            graph = self._load_roads(road_file)
        if self._wanted.pbf is None:
            self._load_timetable(city)
        places = (
            make_places(self._wanted.size, city)
            if self._wanted.pbf is None
            else self._places_on(graph)
        )
        with self._step(f"{len(places)} places entered, by CSV and one by one"):
            ids = enter(self._client, places)
        self._load_history(places, ids)
        with self._step("every place scored by the rule"):
            self._await_scores()
        with self._step("model trained and compared"):
            self._train()
        with self._step(f"week planned ({self._wanted.time_limit_s:.0f} s allowed)"):
            self.outcome.plan = self._plan(places)
        self.outcome.places, self.outcome.rooms = len(places), sum(it.rooms for it in places)
        return self.outcome

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.outcome.seconds[what] = round(took, 2)
        self._say(what, took)

    def _load_roads(self, path: Path) -> Graph:
        """Build the road graph, unless the one of this file already serves."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        known = [it for it in self._admin.everything(Graph, "/v1/graphs") if it.state == "active"]
        if not known or known[0].source_sha256 != digest:
            job = self._upload("graphs", path, "application/octet-stream")
            self._admin.await_job(f"/v1/routing/jobs/{job.id}", _GRAPH_S)
            known = [
                it for it in self._admin.everything(Graph, "/v1/graphs") if it.state == "active"
            ]
        self.outcome.graph = known[0]
        return known[0]

    def _load_timetable(self, city: City) -> None:
        """Take in the timetable of the invented city, unless it already serves."""
        lines = make_lines(city, Random(f"lines {self._wanted.size.seed}"))  # noqa: S311 - an invented world
        path = self._wanted.directory / "timetable.zip"
        write_gtfs(lines, path, self._until)
        with self._step(f"timetable of {len(lines)} lines"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            known = self._admin.everything(Timetable, "/v1/timetables")
            if not any(it.state == "active" and it.source_sha256 == digest for it in known):
                job = self._upload("timetables", path, "application/zip")
                self._admin.await_job(f"/v1/routing/jobs/{job.id}", _GRAPH_S)

    def _upload(self, what: str, path: Path, media_type: str) -> JobState:
        with path.open("rb") as file:
            answer = self._admin.call(
                "POST",
                f"/v1/{what}",
                params={"name": path.stem[:60]},
                content=file,
                headers={
                    "Content-Type": media_type,
                    "Content-Length": str(path.stat().st_size),
                },
            )
        return JobState.model_validate_json(answer.content)

    def _places_on(self, graph: Graph) -> list[Place]:
        """Put the places where the map has lodgings, and beside its roads when these are few."""
        seen = self._client.everything(SeenLodging, f"/v1/graphs/{graph.id}/lodgings")
        real = [Lodging(it.position.lon, it.position.lat, it.kind) for it in seen]
        invented = invent_addresses(
            graph.bbox,
            self._wanted.size.places - len(real),
            rng=Random(f"roadside {self._wanted.size.seed}"),  # noqa: S311 - an invented world
            distance_to_road=self._distance_to_road,
        )
        self.outcome.lodgings = min(len(real), self._wanted.size.places)
        places = places_at([*real, *invented], self._wanted.size)
        if not places:
            raise DemoFailed(f"{self._wanted.pbf} has too few roads to put places at")
        return places

    def _distance_to_road(self, points: Points) -> list[float]:
        sources = [{"lon": lon, "lat": lat} for lon, lat in points]
        answer = self._client.call("POST", "/v1/matrices", json={"sources": sources, "targets": []})
        return [snap.distance_m for snap in Matrix.model_validate_json(answer.content).sources]

    def _load_history(self, places: Sequence[Place], ids: dict[str, UUID]) -> None:
        began = time.perf_counter()
        done = record_history(
            self._client, places, ids=ids, size=self._wanted.size, until=self._until
        )
        self.outcome.inspections, self.outcome.findings = done.inspections, done.findings
        known = "" if done.created else ", all known already"
        what = f"{done.inspections:,} inspections recorded{known}"
        self.outcome.seconds[what] = round(time.perf_counter() - began, 2)
        self._say(what, self.outcome.seconds[what])

    def _await_scores(self) -> None:
        """Wait until scoring has read all that inspections has to tell."""

        def followed() -> bool:
            page = self._client.get(PriorityPage, "/v1/priorities", limit=1)
            news = self._client.get(
                EventPage, "/v1/inspections/events", after=page.followed_position, limit=1
            )
            return bool(page.items) and not news.items

        self._client.wait(followed, "scoring follows the record", _FOLLOW_S)

    def _train(self) -> None:
        """Train; with too little past there is no model, but a reason."""
        answer = self._client.call(
            "POST",
            "/v1/models",
            json={"as_of": self._until.isoformat(), "seed": 1},
            headers={"Idempotency-Key": f"demo {_fingerprint(self._wanted)} {self._until}"},
        )
        job = JobState.model_validate_json(answer.content)
        done = self._client.await_job(f"/v1/scoring/jobs/{job.id}", _TRAIN_S)
        result = done.result or {}
        if result.get("model_id"):
            self.outcome.model = self._client.get(Model, f"/v1/models/{result['model_id']}")
        self.outcome.verdict = Label.model_validate(result["verdict"]).en

    def _plan(self, places: Sequence[Place]) -> Plan:
        monday = monday_after(self._wanted.today)
        week = WeeklyPlanRequest(
            starts_on=monday,
            days=DAYS,
            teams=make_teams(places, monday, riding=self._wanted.pbf is None),
            time_limit_s=self._wanted.time_limit_s,
        )
        answer = self._client.call(
            "POST",
            "/v1/weekly-plans",
            content=week.model_dump_json(),
            headers={"Content-Type": "application/json"},
        )
        return self._client.await_plan(
            f"/v1/weekly-plans/{answer.json()['id']}", 5 * self._wanted.time_limit_s + 120
        )


def _fingerprint(wanted: Wanted) -> str:
    """Name the invented world."""
    source = "" if wanted.pbf is None else str(wanted.pbf.resolve())
    return f"{json.dumps(asdict(wanted.size), sort_keys=True)} {source}"


def _history_ends(wanted: Wanted) -> date:
    """Tell up to which day the past is invented: today, or the day of the first run here.

    Raises
    ------
    DemoFailed : the directory holds another world
    """
    path = wanted.directory / "demo.json"
    world = _fingerprint(wanted)
    if not path.exists():
        path.write_text(json.dumps({"world": world, "until": wanted.today.isoformat()}))
    known = json.loads(path.read_text())
    if known["world"] != world:
        raise DemoFailed(
            f"{wanted.directory} holds a demo of another size or place: {known['world']}; "
            "give another --directory, or delete this one"
        )
    return date.fromisoformat(known["until"])
