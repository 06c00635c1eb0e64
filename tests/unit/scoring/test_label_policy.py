from dataclasses import replace

import polars as pl

from scoring.domain.label_policy import DANGER


def test_a_label_policy_counts_items_severities_and_critical_findings_as_it_says():
    findings = pl.DataFrame(
        {"item": ["gas", "wires", "pests"], "critical": [False, True, False], "severity": [1, 2, 3]}
    )

    def counted(**changes):
        policy = replace(DANGER, **changes)
        return findings.select(policy.positive().alias("it"))["it"].to_list()

    assert counted() == [False, True, False]
    assert counted(critical=False, items=("gas",)) == [True, False, False]
    assert counted(critical=False, least_severity=2) == [False, True, True]
