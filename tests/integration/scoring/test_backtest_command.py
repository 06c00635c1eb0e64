import gzip
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from scoring.cli import commands
from scoring.store.backtest_files import BacktestFileError, read_history

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
    assert "12 establishments scored, method rule" in result.output
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


WINDOWS = (
    ("2013-05-01", "2013-06-30"),
    ("2013-09-01", "2013-10-31"),
    ("2014-01-15", "2014-03-16"),
    ("2014-06-15", "2014-08-14"),
)


@pytest.mark.slow
def test_on_chicago_the_model_beats_the_rule_which_beats_every_simple_order():
    if not CHICAGO.is_dir():
        pytest.skip("shared/data/scoring/chicago is not here")
    from datetime import UTC, datetime

    from scoring.domain.evaluation import TrainingPlan, Window, compare, run_window
    from scoring.domain.features import prepare
    from scoring.domain.gate import judge
    from scoring.domain.history import facts_of, milliseconds

    def moment(day):
        return milliseconds(datetime.fromisoformat(day).replace(tzinfo=UTC))

    source = prepare(facts_of(*read_history(CHICAGO)))
    windows = [Window(moment(start), moment(end)) for start, end in WINDOWS]
    comparison = compare([run_window(source, it, TrainingPlan()) for it in windows], seed=1)
    for name, value in comparison.auc.items():
        within = comparison.auc_within_inspector[name]
        print(
            f"{name}: AUC {value.value:.3f} [{value.low:.3f}, {value.high:.3f}], "
            f"within inspector {within.value:.3f}"
        )
    assert judge(comparison).promoted
    assert comparison.auc["model"].value >= 0.62
    assert comparison.auc_within_inspector["model"].value >= 0.585
    simple = ("last_points", "smoothed_rate", "overdue")
    assert comparison.auc["rule"].value > max(comparison.auc[it].value for it in simple)
