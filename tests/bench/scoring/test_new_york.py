"""New York's residential buildings by one command: how well their order foretells 2015.

Learned from 2013, 2014 and, of buildings of even number, 2015; the odd ones are scored as of 31
December 2015 from what was known before that day.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scoring.cli import commands

pytestmark = pytest.mark.bench
NEW_YORK = Path(__file__).parents[4] / "shared/data/scoring/nyc_housing"


def test_new_york_of_2015_is_foretold_half_by_half(tmp_path):
    if not NEW_YORK.exists():
        pytest.skip("the buildings of New York are not on this machine")
    arguments = [
        *("backtest", "--data", str(NEW_YORK), "--as-of", "2016-01-01"),
        *("--out", str(tmp_path / "scores.csv"), "--report", str(tmp_path)),
        *("--window", "2015-12-31/2015-12-31", "--halves", "--capacity", "7.8", "--no-ablations"),
    ]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "card.json").read_text())
    auc, found = (card["figures"]["model"][it] for it in ("auc", "precision_at_7.8"))
    best = max(it["auc"]["value"] for method, it in card["figures"].items() if method != "model")
    print(
        f"\n{card['windows'][0]['visits']:,} buildings: AUC {auc['value']:.4f} "
        f"[{auc['low']:.4f}, {auc['high']:.4f}] (aim 0.955; best other method {best:.3f}), "
        f"precision at 7.8 % {found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}] "
        "(bar 0.67)"
    )
    assert found["value"] >= 0.67
    assert auc["value"] > best + 0.05
