from dataclasses import replace

import numpy as np
import pytest

from scoring.domain.facts import facts_of
from scoring.domain.reasons import explain
from scoring.domain.scorer import Scores

GROUPS = (
    "history",
    "residual",
    "complaints",
    "follow_up",
    "attributes",
    "operator",
    "neighbourhood",
    "period",
    "signals",
)


@pytest.fixture(scope="module")
def facts(invented):
    return facts_of(invented(3, 60))


def scores_of(parts, as_of_ms):
    return Scores(
        method="model",
        place=np.array([0]),
        as_of_ms=as_of_ms,
        probability=np.array([0.4]),
        low=np.array([0.3]),
        high=np.array([0.5]),
        visits=np.array([9]),
        average_rate=0.2,
        groups=GROUPS,
        contributions=np.array([parts]),
    )


def told(facts, parts, as_of_ms):
    return explain(facts, scores_of(parts, as_of_ms))[0]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_every_group_has_a_sentence_in_both_languages(facts, cutoff, group, sign):
    parts = [sign * (name == group) for name in GROUPS]
    (reason,) = told(facts, parts, cutoff)
    assert (reason.group, reason.share) == (group, sign)
    assert reason.direction == ("up" if sign > 0 else "down")
    assert reason.words.fr != reason.words.en


def test_the_visits_behind_a_bad_record_are_those_that_found_something_critical(facts, cutoff):
    parts = [float(name == "residual") for name in GROUPS]
    (reason,) = told(facts, parts, cutoff)
    rows = [facts.visits.ids.tolist().index(visit) for visit in reason.inspection_ids]
    assert rows
    assert (facts.visits.criticals[rows] > 0).all()
    assert (facts.visits.place[rows] == 0).all()


def test_a_place_where_nothing_was_found_says_so(facts, cutoff):
    visits = facts.visits
    clean = replace(visits, categories=visits.categories * 0, criticals=visits.criticals * 0)
    parts = [float(name == "history") for name in GROUPS]
    (history,) = told(replace(facts, visits=clean), parts, cutoff)
    assert "0 critical findings, " in history.words.en
    assert "0 anomalie critique, " in history.words.fr
    assert len(history.inspection_ids) == 1
    assert "mostly" not in history.words.en
    nothing_named = replace(visits, categories=visits.categories[:, :0])
    (history,) = told(replace(facts, visits=nothing_named), parts, cutoff)
    assert "mostly" not in history.words.en


def test_more_than_usual_without_anything_critical_says_that_all_was_counted(facts, cutoff):
    visits = facts.visits
    mild = replace(visits, criticals=visits.criticals * 0)
    parts = [float(name == "residual") for name in GROUPS]
    (reason,) = told(replace(facts, visits=mild), parts, cutoff)
    recent = (visits.place == 0) & visits.done & (visits.day >= cutoff / 86_400_000 - 730)
    serious = int(visits.serious[recent & (visits.known_ms < cutoff)].sum())
    assert reason.words.en.startswith(f"0 critical findings, {serious} serious one")
    assert reason.words.en.endswith(
        "in two years; all findings counted, more than the same visitors usually find."
    )


def test_where_findings_have_no_category_none_is_named(facts, cutoff):
    bare = replace(facts.visits, categories=facts.visits.categories[:, :0])
    parts = [float(name == "history") for name in GROUPS]
    (history,) = told(replace(facts, visits=bare), parts, cutoff)
    assert "mostly" not in history.words.en


def test_only_the_three_strongest_are_told_and_no_trifle(facts, cutoff):
    parts = [0.5, 0.001, 0.4, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0]
    assert [r.group for r in told(facts, parts, cutoff)] == ["history", "complaints", "follow_up"]
    assert [r.group for r in told(facts, [1.0, 0.001, *[0.0] * 7], cutoff)] == ["history"]


def test_few_reasons_are_all_told(facts, cutoff):
    scores = replace(scores_of([0.5, -0.5], cutoff), groups=("attributes", "operator"))
    assert [it.direction for it in explain(facts, scores)[0]] == ["up", "down"]


def test_an_average_place_has_nothing_to_tell(facts, cutoff):
    assert told(facts, [0.0] * 9, cutoff) == []


def test_a_visit_not_yet_known_is_not_told(facts):
    first = int(facts.visits.known_ms[facts.visits.place == 0].min())
    parts = [float(name == "follow_up") for name in GROUPS]
    unknown, follow_up = told(facts, parts, first)
    assert unknown.group == "unknown"
    assert follow_up.inspection_ids == ()


def test_complaints_are_counted_by_whether_somebody_verified_them(facts, cutoff):
    parts = [float(name == "complaints") for name in GROUPS]
    (reason,) = told(facts, parts, cutoff)
    told_of = facts.complaints
    recent = (told_of.place == 0) & (told_of.day >= cutoff / 86_400_000 - 730)
    verified = int((recent & told_of.verified).sum())
    assert verified > 0
    noun = "verified complaint" if verified == 1 else "verified complaints"
    assert f"{verified} {noun}, {int(recent.sum()) - verified} not verified" in reason.words.en
