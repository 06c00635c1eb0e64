"""The files of deploy/monitoring are right, and each alert fires at its fault and at no other."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from monitoring import MONITORING, ROOT, alerts, dashboard, questions, route_patterns, rules

PAGE = ROOT / "docs/how-to/runbooks.md"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
FIGURES = "_METRICS_PORT"
TEXT = {"type": "string", "minLength": 1}
DURATION = {"type": "string", "pattern": r"^\d+[smhd]$"}
RULE = {
    "type": "object",
    "required": ["expr"],
    "additionalProperties": False,
    "oneOf": [{"required": ["record"]}, {"required": ["alert", "labels", "annotations"]}],
    "properties": {
        "record": {"type": "string", "pattern": r"^ronde:[a-z_]+:rate5m$"},
        "alert": {"type": "string", "pattern": r"^Ronde[A-Z][A-Za-z]+$"},
        "expr": TEXT,
        "for": DURATION,
        "labels": {
            "required": ["severity"],
            "additionalProperties": False,
            "properties": {"severity": {"enum": ["page", "look"]}},
        },
        "annotations": {
            "required": ["summary", "runbook"],
            "additionalProperties": False,
            "properties": {"summary": TEXT, "runbook": TEXT},
        },
    },
}
# What Prometheus reads every 30 s for two hours of a Ronde that is well, counters as they grow.
STEPS = 240
WELL = {
    **{f'up{{job="ronde",instance="{it}:9464"}}': "1" for it in ("gateway", "scoring-worker")},
    **{
        f'ronde_database_up{{service="{it}"}}': "1"
        for it in ("gateway", "inspections", "scoring", "routing")
    },
    'ronde_passed_on_total{service="inspections",method="GET",status="200"}': "0+300",
    'ronde_passed_on_total{service="inspections",method="GET",status="500"}': "0+0",
    'ronde_request_seconds_count{service="inspections",route="/v1/visits"}': "0+300",
    'ronde_request_seconds_bucket{service="inspections",route="/v1/visits",le="1.0"}': "0+300",
    # Who waits for news is no slow answer.
    'ronde_request_seconds_count{service="routing",route="/v1/routing/events"}': "0+30",
    'ronde_request_seconds_bucket{service="routing",route="/v1/routing/events",le="1.0"}': "0+0",
    'ronde_breaker_open{service="scoring"}': "0",
    'ronde_database_connections_in_use{service="inspections",pool="serving"}': "3",
    'ronde_database_connections_in_use{service="inspections",pool="system"}': "1",
    'ronde_feed_lag_seconds{service="scoring",provider="inspections"}': "20",
    'ronde_feed_lag_seconds{service="gateway",provider="routing"}': "20",
    **{
        f'ronde_jobs{{service="routing",kind="solve_plan",state="{state}"}}': number
        for state, number in {"waiting": "2", "running": "1", "failed": "3"}.items()
    },
}
REQUESTS, FAILED = (it for it in WELL if it.startswith("ronde_passed_on_total"))
QUICK = next(it for it in WELL if it.startswith("ronde_request_seconds_bucket"))
JOBS = 'ronde_jobs{service="routing",kind="solve_plan",state="%s"}'
JOB = {"service": "routing", "kind": "solve_plan"}
Expected = dict[str, dict[str, str]]
# What is different, as values of the last hour after one that is well, and what fires then.
FAULTS: dict[str, tuple[dict[str, str], Expected]] = {
    "all is well": ({}, {}),
    "one fault in a quiet night": ({REQUESTS: "0+0.1x119", FAILED: "0x60 1x59"}, {}),
    "a tenth of the requests fail": (
        {FAILED: "0+30x119"},
        {"RondeAnswersFail": {}, "RondeAnswersFailSlowly": {}},
    ),
    "a fiftieth of the requests fail": ({FAILED: "0+12x119"}, {"RondeAnswersFailSlowly": {}}),
    "half of the answers are late": ({QUICK: "36000+150x119"}, {"RondeAnswersLate": {}}),
    "a worker is killed": (
        {'up{job="ronde",instance="scoring-worker:9464"}': "0x119"},
        {"RondeProcessAway": {"instance": "scoring-worker:9464", "job": "ronde"}},
    ),
    "a service is gone": (
        {'ronde_database_up{service="routing"}': "stale _x118"},
        {"RondeServiceAway": {"service": "routing"}},
    ),
    "a service is left alone": (
        {'ronde_breaker_open{service="scoring"}': "1x119"},
        {"RondeServicePaused": {"service": "scoring"}},
    ),
    "a database does not answer": (
        {'ronde_database_up{service="inspections"}': "0x119"},
        {"RondeDatabaseAway": {"service": "inspections"}},
    ),
    "requests wait for connections": (
        {'ronde_database_connections_in_use{service="inspections",pool="serving"}': "10x119"},
        {"RondeConnectionsUsedUp": {"service": "inspections", "pool": "serving"}},
    ),
    "a follower is stuck": (
        {'ronde_feed_lag_seconds{service="gateway",provider="routing"}': "0+30x119"},
        {"RondeFeedBehind": {"service": "gateway", "provider": "routing"}},
    ),
    "no worker follows": (
        {'ronde_feed_lag_seconds{service="scoring",provider="inspections"}': "stale _x118"},
        {"RondeNobodyFollows": {"service": "scoring"}},
    ),
    "a job is given up": ({JOBS % "failed": "3x60 4x58"}, {"RondeJobsFail": JOB}),
    "no worker takes jobs": ({JOBS % "running": "0x119"}, {"RondeJobsWait": JOB}),
}


def promtool(*words: object) -> "subprocess.CompletedProcess[str]":
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian has it in the package prometheus)")
    return subprocess.run([found, *map(str, words)], text=True, capture_output=True, check=False)


def test_rules_are_of_the_form_prometheus_takes():
    validator = Draft202012Validator(RULE)
    assert [error.message for it in rules() for error in validator.iter_errors(it)] == []
    assert len(alerts()) == len([it for it in rules() if "alert" in it]), "each name once"


def test_prometheus_takes_the_rules():
    ran = promtool("check", "rules", "--lint=all", "--lint-fatal", MONITORING / "rules.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["prometheus.yaml", "prometheus-cluster.yaml"])
def test_prometheus_takes_its_settings(name, tmp_path):
    settings = yaml.safe_load((MONITORING / name).read_text("utf-8"))
    # Debian's Prometheus knows no clusters.
    settings["scrape_configs"][0].pop("kubernetes_sd_configs", None)
    (tmp_path / name).write_text(yaml.safe_dump(settings))
    shutil.copy(MONITORING / "rules.yaml", tmp_path)
    ran = promtool("check", "config", tmp_path / name)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_prometheus_takes_what_the_dashboard_asks(tmp_path):
    asked = [{"record": "asked", "expr": expression} for _, expression in questions()]
    for number, it in enumerate(asked):
        it["labels"] = {"number": str(number)}
    path = tmp_path / "asked.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": asked}]}))
    ran = promtool("check", "rules", path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_fault_in_a_rule_is_found(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text((MONITORING / "rules.yaml").read_text("utf-8").replace("sum(", "sum((", 1))
    assert promtool("check", "rules", path).returncode != 0


@pytest.mark.parametrize("fault", FAULTS)
def test_an_alert_fires_at_its_fault_and_no_other_does(fault, tmp_path):
    changes, expected = FAULTS[fault]
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump(case(changes, expected), width=1000))
    ran = promtool("test", "rules", path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def case(changes: dict[str, str], expected: Expected) -> dict[str, Any]:
    """Say to promtool what is read, and which alerts are to fire at the end."""
    assert set(changes) <= set(WELL)
    before = STEPS - 120
    series = [
        {
            "series": it,
            "values": f"{value}x{before} {changes[it]}" if it in changes else f"{value}x{STEPS}",
        }
        for it, value in WELL.items()
    ]
    firing = [
        {"labels": f"ALERTS{labels(name, found)}", "value": 1} for name, found in expected.items()
    ]
    question = {
        "expr": 'ALERTS{alertstate="firing"}',
        "eval_time": f"{STEPS * 30}s",
        "exp_samples": firing,
    }
    test = {"interval": "30s", "input_series": series, "promql_expr_test": [question]}
    return {
        "rule_files": [str(MONITORING / "rules.yaml")],
        "evaluation_interval": "30s",
        "tests": [test],
    }


def labels(name: str, found: dict[str, str]) -> str:
    known = {"alertname": name, "alertstate": "firing"} | alerts()[name]["labels"] | found
    return "{" + ",".join(f'{label}="{value}"' for label, value in known.items()) + "}"


def test_every_alert_has_its_fault_here_and_tells_only_labels_it_has():
    shown = {name: found for _, expected in FAULTS.values() for name, found in expected.items()}
    assert set(shown) == set(alerts())
    for name, rule in alerts().items():
        told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert told <= set(shown[name]), name


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    headings = re.findall(r"^## (Ronde\w+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert headings == list(alerts())
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"] == f"docs/how-to/runbooks.md#{name.lower()}"


def test_a_runbook_says_what_it_means_where_to_look_and_what_to_do():
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    told = dict(zip(parts[::2], parts[1::2], strict=True))
    for name in alerts():
        leads = re.findall(r"^\*\*(.+?)\*\*", told[name], re.MULTILINE)
        assert leads == ["For people.", "Look.", "Do."], name


def test_what_runbooks_name_exists():
    text = PAGE.read_text("utf-8")
    titles = {panel["title"] for panel in dashboard()["panels"]}
    assert set(re.findall("“(.+?)”", text)) - {"quotes"} <= titles
    lines = {it for path in ROOT.glob("s*/**/src/**/*.py") for it in words_of(path)}
    assert set(re.findall(r'"message": "(.+?)"', text)) <= lines
    ours = r"\b(?:gateway|inspections|scoring|routing|database)(?:-\w+)?\b"
    lines_of_compose = re.findall(r"^docker compose .+$", text, re.MULTILINE)
    assert {it for line in lines_of_compose for it in re.findall(ours, line)} <= set(COMPOSE)
    parts = {f"{it}-api" for it in COMPOSE} | {it for it in COMPOSE if it.endswith("-worker")}
    assert set(re.findall(r"deployment/([\w-]+)", text)) <= parts


def words_of(path) -> set[str]:
    return set(re.findall(r'"([a-z][^"\n]+)"', path.read_text("utf-8")))


def test_prometheus_asks_every_process_that_tells_figures():
    settings = yaml.safe_load((MONITORING / "prometheus.yaml").read_text("utf-8"))
    (job,) = settings["scrape_configs"]
    assert job["job_name"] == "ronde", "rules ask for up{job='ronde'}"
    telling = {
        f"{name}:{port}"
        for name, it in COMPOSE.items()
        for variable, port in it.get("environment", {}).items()
        if variable.endswith(FIGURES) and ("_WORKER_" in variable) == name.endswith("-worker")
    }
    assert set(job["static_configs"][0]["targets"]) == telling
    assert len(telling) == 8


def test_pictures_of_the_dashboard_stand_side_by_side_and_say_what_they_show():
    panels = dashboard()["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert all(it["datasource"]["uid"] == "${source}" for it in panel["targets"])
    assert len({it["id"] for it in panels}) == len({it["title"] for it in panels}) == len(panels)


def test_routes_that_are_left_out_exist():
    known = {"other", "/livez", "/readyz", "/health"}
    for path in ROOT.glob("services/*/openapi.json"):
        known |= set(json.loads(path.read_text("utf-8"))["paths"])
    assert len(route_patterns()) >= 2
    for pattern in route_patterns():
        for alternative in alternatives(pattern):
            assert any(re.fullmatch(alternative, it) for it in known), alternative


def alternatives(pattern: str) -> list[str]:
    """Take a pattern apart, each way that it can be met by itself."""
    inner = re.search(r"\(([^()]*)\)", pattern)
    if inner is None:
        return pattern.split("|")
    return [
        it
        for choice in inner[1].split("|")
        for it in alternatives(pattern[: inner.start()] + choice + pattern[inner.end() :])
    ]
