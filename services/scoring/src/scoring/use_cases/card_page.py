"""Lay a model's card out as a page that needs nothing from elsewhere."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from shared.contracts.message import Label
from shared.contracts.scoring import FairnessReport, Interval, ModelCard, SecondaryReport

_STYLE: Final = (
    "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .6rem;"
    "text-align:right}td:first-child,th:first-child{text-align:left}"
)


def card_page(card: ModelCard) -> str:
    """Write the page in English, each text with its French beside it."""
    texts = (card.purpose, card.method, card.label, card.never_used, card.not_for, card.verdict)
    windows = (
        (
            f"{it.starts_on} to {it.ends_on}",
            it.visits,
            it.positives,
            *(f"{it.auc[method]:.3f}" for method in card.figures),
        )
        for it in card.windows
    )
    measures = list(card.figures["model"])
    figures = (
        (method, *(_told(measured.get(measure)) for measure in measures))
        for method, measured in card.figures.items()
    )
    gains = (
        (rival, _told(gain), _told(card.gain_within_inspector.get(rival)))
        for rival, gain in card.gain.items()
    )
    ablations = ((it.group, _told(it.auc), _told(it.auc_within_inspector)) for it in card.ablations)
    body = [
        f"<h1>Model {escape(card.model_id[:12])}</h1>",
        *(_paragraph(text) for text in texts),
        f"<p>{_learned(card)}</p>",
        _table("Windows: AUC", ("window", "visits", "positive", *card.figures), windows),
        _table("All windows", ("method", *measures), figures),
        _table("The model is ahead of", ("method", "AUC", "AUC within inspector"), gains),
        _table("What each group adds", ("group", "AUC", "AUC within inspector"), ablations),
        _table("Fairness", ("group", "visits", "positive", "selected", "found"), _fair(card)),
        *(_secondary(it) for it in card.secondary),
        "<h2>Limits</h2>",
        *(_paragraph(text) for text in card.limits),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Model card</title>'
        f"<style>{_STYLE}</style><body>{''.join(body)}</body></html>\n"
    )


def _learned(card: ModelCard) -> str:
    return (
        f"Learned from {card.visits} visits, {card.positives} positive, known before "
        f"{card.data_cutoff}; {card.gap_days} days are left between learning and each window."
    )


def _paragraph(text: Label) -> str:
    return f'<p>{escape(text.en)}<br><i lang="fr">{escape(text.fr)}</i></p>'


def _told(figure: Interval | None) -> str:
    if figure is None:
        return ""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _secondary(report: SecondaryReport) -> str:
    title = (
        f"Secondary target {report.target}: {report.visits} visits of {report.windows} windows, "
        f"{report.total:g} in all"
    )
    measures = list(report.figures["own"])
    rows = (
        (method, *(_told(figures.get(it)) for it in measures), _told(report.gain.get(method)))
        for method, figures in report.figures.items()
    )
    return _table(title, ("method", *measures, "own is ahead by"), rows)


def _fair(card: ModelCard) -> Iterable[tuple[object, ...]]:
    return ((it.group, it.visits, it.positives, *_shares(it)) for it in card.fairness)


def _shares(group: FairnessReport) -> tuple[str, str]:
    if group.selected is None or group.found is None:
        return "not enough data", "not enough data"
    return f"{group.selected:.1%}", f"{group.found:.1%}"


def _table(title: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<h2>{escape(title)}</h2><table><tr>{cells}</tr>{lines}</table>"


def card_lines(card: ModelCard) -> list[str]:
    """Tell the main figures in lines for a terminal."""

    def line(name: str, figures: Mapping[str, Interval]) -> str:
        told = ", ".join(f"{measure} {_told(it)}" for measure, it in figures.items())
        return f"{name}: {told}"

    return [
        *(line(method, figures) for method, figures in card.figures.items()),
        line("model ahead in AUC", card.gain),
        line("model ahead within inspector", card.gain_within_inspector),
        *(
            f"{it.starts_on} to {it.ends_on}: "
            + ", ".join(f"{name} {value:.3f}" for name, value in it.auc.items())
            for it in card.windows
        ),
        *(
            f"without {it.group}: AUC {_told(it.auc)} lost, within inspector "
            f"{_told(it.auc_within_inspector)} lost"
            for it in card.ablations
        ),
        *(
            line(f"{report.target}, {method}", figures)
            for report in card.secondary
            for method, figures in report.figures.items()
        ),
        *(line(f"{it.target}, own ahead", it.gain) for it in card.secondary),
    ]
