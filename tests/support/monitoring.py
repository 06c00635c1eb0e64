"""The rules and the dashboard of deploy/monitoring: what they ask Prometheus, taken apart."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy/monitoring"
SELECTOR = re.compile(r"\b(ronde_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\b(?:by|on|ignoring) \(([^)]*)\)")
# Given to every figure by Prometheus, and made by a query of the dashboard itself.
ADDED = frozenset({"instance", "job", "provider", "le"})
Told = dict[str, list[dict[str, str]]]


def rules() -> list[dict[str, Any]]:
    """Give all rules, those that record and those that alert."""
    groups = yaml.safe_load((MONITORING / "rules.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """Give the rules that alert, by name."""
    return {it["alert"]: it for it in rules() if "alert" in it}


def dashboard() -> dict[str, Any]:
    """Give the dashboard as Grafana imports it."""
    return dict(json.loads((MONITORING / "dashboard.json").read_text("utf-8")))


def questions() -> Iterator[tuple[str, str]]:
    """Give what is asked of Prometheus, each under the name of what asks it."""
    for it in rules():
        yield it.get("alert") or it["record"], it["expr"]
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def unknown(expression: str, told: Told) -> list[str]:
    """Name the figures, labels and values of a question that nothing tells."""
    found, labels = [], set(ADDED)
    for name, matchers in SELECTOR.findall(expression):
        series = told.get(name, [])
        labels |= {label for it in series for label in it}
        if not series:
            found.append(name)
        for label, operator, value in MATCHER.findall(matchers):
            if not any(label in it for it in series):
                found.append(f"{name}{{{label}}}")
            elif operator == "=" and not any(it.get(label) == value for it in series):
                found.append(f'{name}{{{label}="{value}"}}')
    grouped = {it for given in GROUPING.findall(expression) for it in given.split(", ") if it}
    has_figures = SELECTOR.search(expression) is not None
    return found + (sorted(grouped - labels) if has_figures else [])


def route_patterns() -> set[str]:
    """Give the patterns of routes that are left out, each alternative by itself."""
    return {
        value
        for _, expression in questions()
        for _, matchers in SELECTOR.findall(expression)
        for label, _, value in MATCHER.findall(matchers)
        if label == "route"
    }
