"""Why a place has its score: the strongest groups as sentences, with the visits behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from scoring.domain.gate import Words
from scoring.domain.history import MS_PER_DAY, Facts, IntArray
from scoring.domain.scorer import Scores

Direction = Literal["up", "down"]

STRONGEST: Final = 3
_LEAST_SHARE: Final = 0.01
_RECENT_DAYS: Final = 730
_MOST_VISITS: Final = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a score; `share` is its part of all that moves it from the average, -1 to 1."""

    group: str
    direction: Direction
    share: float
    words: Words
    inspection_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    """What the sentences say of one place: rows of its known visits, oldest first."""

    facts: Facts
    visits: IntArray
    as_of_ms: int

    @property
    def done(self) -> IntArray:
        return self.visits[self.facts.visits.done[self.visits]]

    @property
    def recent(self) -> IntArray:
        newest = self.as_of_ms / MS_PER_DAY - _RECENT_DAYS
        return self.visits[self.facts.visits.day[self.visits] >= newest]

    @property
    def recent_done(self) -> IntArray:
        recent = self.recent
        return recent[self.facts.visits.done[recent]]

    @property
    def recent_critical(self) -> IntArray:
        recent = self.recent_done
        return recent[self.facts.visits.criticals[recent] > 0]

    def days_since_last(self) -> int:
        last = float(np.max(self.facts.visits.day[self.done]))
        return max(int(self.as_of_ms / MS_PER_DAY - last), 0)


def explain(facts: Facts, scores: Scores) -> list[list[Reason]]:
    """Tell the three strongest reasons of every score."""
    visits = facts.visits
    order = np.argsort(visits.place, kind="stable")
    starts = np.searchsorted(visits.place[order], scores.place, side="left")
    ends = np.searchsorted(visits.place[order], scores.place, side="right")
    result = []
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        rows = order[start:end]
        known = rows[visits.known_ms[rows] < scores.as_of_ms]
        record = _Record(facts, known, scores.as_of_ms)
        result.append(_strongest(record, scores, row))
    return result


def _strongest(record: _Record, scores: Scores, row: int) -> list[Reason]:
    parts = scores.contributions[row]
    total = float(np.abs(parts).sum()) or 1.0
    reasons = [] if record.done.size else [_never_visited()]
    for index in np.argsort(-np.abs(parts), kind="stable").tolist():
        share = float(parts[index]) / total
        group = scores.groups[index]
        if abs(share) < _LEAST_SHARE or len(reasons) == STRONGEST:
            break
        if group in _OF_VISITS and not record.done.size:
            continue
        direction: Direction = "up" if share > 0 else "down"
        words, behind = _SENTENCES[group](record, direction)
        ids = tuple(str(record.facts.visits.ids[i]) for i in behind[-_MOST_VISITS:].tolist())
        reasons.append(Reason(group, direction, share, words, ids))
    return reasons


_NO_VISIT: Final = np.array([], dtype=np.int64)
_Sentence = Callable[[_Record, Direction], tuple[Words, IntArray]]
_OF_VISITS: Final = ("history", "last_visits", "time", "categories")


def _never_visited() -> Reason:
    words = Words(
        "Jamais visité : estimation incertaine, tirée du type de lieu, du gestionnaire et du "
        "voisinage.",
        "Never visited: an uncertain estimate from its kind, its operator and its neighbourhood.",
    )
    return Reason("unknown", "up", 0.0, words, ())


def _counted(number: int, one: Words, many: Words) -> Words:
    """Write a number of things; French has the plural from two on, English at all but one."""
    return Words(
        f"{number} {many.fr if number > 1 else one.fr}",
        f"{number} {one.en if number == 1 else many.en}",
    )


def _criticals(number: int) -> Words:
    return _counted(
        number,
        Words("anomalie critique", "critical finding"),
        Words("anomalies critiques", "critical findings"),
    )


def _history(record: _Record, direction: Direction, /) -> tuple[Words, IntArray]:
    recent, critical = record.recent_done, record.recent_critical
    found = _criticals(int(record.facts.visits.criticals[critical].sum()))
    visits = _counted(recent.size, Words("visite", "visit"), Words("visites", "visits"))
    more_fr, more_en = ("plus", "more") if direction == "up" else ("moins", "less")
    words = Words(
        f"{found.fr} en {visits.fr} sur deux ans : {more_fr} que ce que ses visiteurs trouvent "
        "d’ordinaire.",
        f"{found.en} at {visits.en} in two years: {more_en} than its visitors usually find.",
    )
    return words, critical if direction == "up" and critical.size else recent


def _last_visits(record: _Record, _direction: Direction, /) -> tuple[Words, IntArray]:
    last = record.done[-1:]
    ago = _days(record.days_since_last())
    found = _criticals(int(record.facts.visits.criticals[last].sum()))
    serious = _counted(
        int(record.facts.visits.serious[last].sum()),
        Words("sérieuse", "serious one"),
        Words("sérieuses", "serious ones"),
    )
    words = Words(
        f"Dernière visite il y a {ago.fr} : {found.fr}, {serious.fr}.",
        f"Last visit {ago.en} ago: {found.en}, {serious.en}.",
    )
    return words, last


def _days(number: int) -> Words:
    return _counted(number, Words("jour", "day"), Words("jours", "days"))


def _time(record: _Record, _direction: Direction, /) -> tuple[Words, IntArray]:
    days = _days(record.days_since_last())
    words = Words(f"{days.fr} depuis la dernière visite.", f"{days.en} since the last visit.")
    return words, record.done[-1:]


def _categories(record: _Record, _direction: Direction, /) -> tuple[Words, IntArray]:
    visits = record.facts.visits
    counts = visits.categories[record.recent_done].sum(axis=0)
    if not counts.any():
        return (
            Words("Aucune anomalie relevée en deux ans.", "No finding in two years."),
            record.recent_done,
        )
    most = int(np.argmax(counts))
    name = record.facts.vocabulary.categories[most]
    fr, en = CATEGORY_WORDS.get(name, (name, name))
    words = Words(
        f"Anomalies surtout de type « {fr} » ({int(counts[most])} en deux ans).",
        f"Findings mostly about {en} ({int(counts[most])} in two years).",
    )
    return words, record.recent_done[visits.categories[record.recent_done, most] > 0]


def _contacts(record: _Record, _direction: Direction, /) -> tuple[Words, IntArray]:
    visits, recent = record.facts.visits, record.recent
    masks = [mask[recent] for mask in (visits.complaint, visits.reinspection, visits.no_access)]
    numbers = [int(mask.sum()) for mask in masks]
    told = [_counted(n, one, many) for n, (one, many) in zip(numbers, _CONTACTS, strict=True)]
    words = Words(
        "En deux ans : " + ", ".join(it.fr for it in told) + ".",
        "In two years: " + ", ".join(it.en for it in told) + ".",
    )
    return words, recent[masks[0] | masks[1] | masks[2]]


def _comparing(fr: str, en: str) -> _Sentence:
    def sentence(_record: _Record, direction: Direction, /) -> tuple[Words, IntArray]:
        more_fr, more_en = ("plus", "more") if direction == "up" else ("moins", "less")
        words = Words(
            f"{fr} : {more_fr} d’anomalies qu’ailleurs.",
            f"{en}: {more_en} is found than elsewhere.",
        )
        return words, _NO_VISIT

    return sentence


_CONTACTS: Final = (
    (Words("signalement", "complaint visit"), Words("signalements", "complaint visits")),
    (Words("contre-visite", "re-inspection"), Words("contre-visites", "re-inspections")),
    (
        Words("visite sans accès", "visit without access"),
        Words("visites sans accès", "visits without access"),
    ),
)

CATEGORY_WORDS: Final = {
    "daily_life": ("vie quotidienne", "daily life"),
    "damp_mould": ("humidité et moisissures", "damp and mould"),
    "electrical": ("électricité", "electricity"),
    "fire_safety": ("sécurité incendie", "fire safety"),
    "heating_water": ("chauffage et eau", "heating and water"),
    "hygiene": ("hygiène", "hygiene"),
    "pests": ("nuisibles", "pests"),
    "relations": ("relations", "relations"),
    "space_light": ("surface et lumière", "space and light"),
    "structure": ("bâti", "structure"),
}

_SENTENCES: Final[dict[str, _Sentence]] = {
    "history": _history,
    "last_visits": _last_visits,
    "time": _time,
    "categories": _categories,
    "contacts": _contacts,
    "building": _comparing("Lieux de ce type et de cette taille", "Places of this kind and size"),
    "operator": _comparing("Autres lieux du gestionnaire", "The operator's other places"),
    "neighbourhood": _comparing("Lieux du voisinage", "Places nearby"),
    "period": _comparing("Période de l’année", "Time of the year"),
}
