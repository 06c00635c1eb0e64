import gzip
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from scoring.cli import commands
from scoring.store.backtest_files import BacktestFileError, read_history
from shared.contracts.scoring import ModelCard

CHICAGO = Path(__file__).parents[4] / "shared/data/scoring/chicago"


def write(folder, name, rows, *, packed=False):
    text = pl.DataFrame(rows).write_csv()
    if packed:
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (folder / f"{name}.csv").write_text(text)


@pytest.fixture
def folder(tmp_path):
    """A folder without contacts, coordinates, risk classes or inspectors."""
    places = [{"establishment_id": f"e{i}", "category": "Restaurant"} for i in range(12)]
    random = np.random.default_rng(1)
    visits, findings = [], []
    for number in range(120):
        day = date(2020, 1, 1) + timedelta(days=int(random.integers(0, 900)))
        visits.append(
            {"visit_id": f"v{number}", "establishment_id": f"e{number % 12}", "date": day}
        )
        severity = "critical" if number % 12 == 3 else "minor"
        findings.append({"visit_id": f"v{number}", "code": number % 44 + 1, "severity": severity})
    write(tmp_path, "establishments", places)
    write(tmp_path, "visits", visits, packed=True)
    write(tmp_path, "findings", findings)
    return tmp_path


def run(folder, as_of, out):
    arguments = ["backtest", "--data", str(folder), "--as-of", as_of, "--out", str(out)]
    return CliRunner().invoke(commands, arguments)


def test_every_establishment_known_is_scored_and_the_worst_is_first(folder, tmp_path):
    result = run(folder, "2022-06-01", tmp_path / "scores.csv")
    assert result.exit_code == 0, result.output
    assert "12 establishments scored, method heuristic" in result.output
    scores = pl.read_csv(tmp_path / "scores.csv")
    assert scores.columns == ["establishment_id", "score"]
    assert scores.height == 12
    assert scores.sort("score")["establishment_id"][-1] == "e3"
    assert scores["score"].is_between(0, 1).all()


def test_what_lies_at_or_after_the_day_changes_no_score(folder, tmp_path):
    run(folder, "2021-06-01", tmp_path / "one.csv")
    visits = pl.read_csv(folder / "visits.csv.gz")
    late = visits["date"] >= "2021-06-01"
    assert late.any()
    (folder / "visits.csv.gz").unlink()
    visits.filter(~late).write_csv(folder / "visits.csv")
    run(folder, "2021-06-01", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_missing_file_or_column_is_named(folder, tmp_path):
    (folder / "findings.csv").write_text("visit_id,code\n")
    assert "has no column severity" in run(folder, "2021-06-01", tmp_path / "s.csv").output
    (folder / "findings.csv").unlink()
    result = run(folder, "2021-06-01", tmp_path / "s.csv")
    assert result.exit_code == 2
    assert "findings.csv" in result.output


def test_a_seed_too_large_to_train_with_is_refused(folder, tmp_path):
    arguments = ["backtest", "--data", str(folder), "--as-of", "2021-06-01", "--seed", str(2**29)]
    result = CliRunner().invoke(commands, [*arguments, "--out", str(tmp_path / "s.csv")])
    assert result.exit_code == 2
    assert "--seed" in result.output


def test_contacts_are_history_without_an_outcome(folder):
    write(
        folder,
        "contacts",
        [
            {"establishment_id": "e1", "date": "2020-05-01", "kind": "illness"},
            {"establishment_id": "e1", "date": "2020-06-01", "kind": "complaint_reinspection"},
            {"establishment_id": "e1", "date": "2020-07-01", "kind": "licence"},
            {"establishment_id": "stranger", "date": "2020-06-01", "kind": "complaint"},
        ],
    )
    history, _ = read_history(folder)
    contacts = history.visits.filter(pl.col("inspection_id").str.starts_with("contact"))
    assert contacts["kind"].to_list() == ["complaint", "reinspection", "other"]
    assert contacts["outcome"].unique().to_list() == ["contact"]


def test_a_register_with_yearly_counts_is_read_as_events_on_the_last_day_of_each_year(tmp_path):
    rows = [
        {
            "bbl": bbl,
            "building_class1": "C",
            "cd": "303",
            "res_units": units,
            "last_reno": "1987" if bbl == "31" else None,
            "floors": 4.5,
            "zoning1": "R",
            "viol_bbl_ser_2013": 0.5 * units,
            "viol_bbl_oth_2013": 2,
            "viol_bbl_ser_2014": 0,
            "viol_bbl_oth_2014": 1,
            "viol_trct_2014": 0.25,
            "comp_bbl_2014": 2,
            "lit_2014": 1,
        }
        for bbl, units in (("31", 3), ("42", 0))
    ]
    write(tmp_path, "buildings_2013_2014", rows, packed=True)
    history, vocabulary = read_history(tmp_path)
    routine = history.visits.filter(pl.col("kind") == "routine")
    assert sorted(routine["inspection_id"]) == ["31-2013", "31-2014", "42-2013", "42-2014"]
    assert {(day.month, day.day) for day in routine["occurred_at"]} == {(12, 31)}
    found = history.findings.group_by("inspection_id", "critical").len().sort("inspection_id")
    # Half a finding per building is one; what is not counted is not there.
    assert found.filter("critical").rows() == [("31-2013", True, 2)]
    assert sorted(history.visits["kind"].unique()) == ["complaint", "other", "routine"]
    assert (history.visits["kind"] == "complaint").sum() == 4
    assert history.accommodations["rooms"].to_list() == [3, 0]
    assert history.accommodations["opened_at"].is_null().to_list() == [False, True]
    assert vocabulary.signals == ("cd", "floors", "res_units", "viol_trct")
    rates = history.signals.filter(pl.col("series") == "viol_trct")
    assert rates["value"].to_list() == [0.25, 0.25]
    before, _ = read_history(tmp_path, date(2014, 12, 31))
    assert before.visits["inspection_id"].sort().to_list() == ["31-2013", "42-2013"]
    assert before.signals.filter(pl.col("series") == "viol_trct").is_empty()


def test_an_establishment_first_seen_later_is_not_known_yet(folder):
    places = pl.read_csv(folder / "establishments.csv")
    seen = places.with_columns(first_seen=pl.lit("2020-01-01")).with_columns(
        pl.when(pl.col("establishment_id") == "e5")
        .then(pl.lit("2021-06-01"))
        .otherwise("first_seen")
        .alias("first_seen")
    )
    seen.write_csv(folder / "establishments.csv")
    history, _ = read_history(folder, date(2021, 6, 1))
    assert "e5" not in history.accommodations["accommodation_id"].to_list()
    assert history.accommodations.height == 11


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BacktestFileError, match="establishments"):
        read_history(tmp_path / "nowhere")


@pytest.fixture
def old_town(tmp_path):
    """A folder with four years of visits, some places being worse than others."""
    random = np.random.default_rng(2)
    places = [{"establishment_id": f"e{i}", "category": "Restaurant"} for i in range(80)]
    visits, findings = [], []
    for number in range(1600):
        place, day = number % 80, date(2018, 1, 1) + timedelta(days=int(random.integers(0, 1460)))
        visits.append({"visit_id": f"v{number}", "establishment_id": f"e{place}", "date": day})
        severity = "critical" if random.random() < (0.5 if place < 20 else 0.06) else "minor"
        findings.append({"visit_id": f"v{number}", "code": number % 44 + 1, "severity": severity})
    write(tmp_path, "establishments", places)
    write(tmp_path, "visits", visits)
    write(tmp_path, "findings", findings)
    return tmp_path


def test_the_report_is_a_card_with_windows_intervals_and_what_each_group_adds(old_town, tmp_path):
    card = tmp_path / "card"
    windows = ("2021-01-01/2021-06-30", "2021-07-01/2021-12-15")
    arguments = ["backtest", "--data", str(old_town), "--as-of", "2022-01-01"]
    arguments += [it for window in windows for it in ("--window", window)]
    out = ["--out", str(tmp_path / "s.csv"), "--report", str(card)]
    result = CliRunner().invoke(commands, [*arguments, *out])
    assert result.exit_code == 0, result.output
    told = ModelCard.model_validate_json((card / "card.json").read_text())
    assert [it.starts_on.isoformat() for it in told.windows] == [it[:10] for it in windows]
    assert {"model", "rule", "adjusted_ratio", "last_points"} <= set(told.figures)
    auc = told.figures["model"]["auc"]
    assert auc.low < auc.value < auc.high
    assert auc.value > 0.6
    assert {it.group for it in told.ablations} >= {"history", "residual", "follow_up"}
    assert any(not it.enough_data or it.found is not None for it in told.fairness)
    targets = {it.target: it for it in told.secondary}
    assert targets["severity_points"].figures["own"]["found_at_10"].value > 0.1
    assert {"model", "rule", "last_points"} <= set(targets["left_open"].gain)
    assert "left_open, own: " in result.output
    page = (card / "card.html").read_text()
    assert "Secondary target left_open" in page
    assert "What each group adds" in page
    assert "http" not in page
    assert f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]" in result.output


def test_a_report_of_too_little_says_so_and_a_window_that_is_none_is_refused(folder, tmp_path):
    arguments = ["backtest", "--data", str(folder), "--as-of", "2022-06-01"]
    arguments += ["--out", str(tmp_path / "s.csv"), "--report", str(tmp_path / "card")]
    assert "No card" in CliRunner().invoke(commands, arguments).output
    told = json.loads(CliRunner().invoke(commands, [*arguments, "--json"]).stdout)
    assert (told["card"], len(told["told"])) == (None, 2)
    result = CliRunner().invoke(commands, [*arguments, "--window", "spring"])
    assert result.exit_code == 2
    assert "--window" in result.output


@pytest.mark.slow
def test_on_chicago_the_model_beats_the_untrained_number_within_inspectors_too(tmp_path):
    if not CHICAGO.is_dir():
        pytest.skip("shared/data/scoring/chicago is not here")
    windows = (
        "2013-05-01/2013-06-29",
        "2013-09-01/2013-10-30",
        "2014-01-15/2014-03-15",
        "2014-06-15/2014-08-13",
    )
    arguments = ["backtest", "--data", str(CHICAGO), "--as-of", "2014-08-31"]
    arguments += ["--out", str(tmp_path / "s.csv"), "--report", str(tmp_path / "card")]
    arguments += [it for window in windows for it in ("--window", window)]
    print(CliRunner().invoke(commands, arguments).output)
    card = ModelCard.model_validate_json((tmp_path / "card/card.json").read_text())
    model = card.figures["model"]
    assert model["auc"].value >= 0.62
    assert model["auc_within_inspector"].value >= 0.585
    assert model["calibration_error"].value <= 0.03
    assert card.gain["adjusted_ratio"].low > 0
    assert "replaces it" in card.verdict.en
