"""Why a place has its score: the strongest groups as sentences, with the visits behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from scoring.domain.facts import Facts
from scoring.domain.history import MS_PER_DAY, IntArray, TextArray
from scoring.domain.scorer import Scores
from scoring.domain.words import Words

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


class _Visit(NamedTuple):
    """What the sentences say of a visit; `row` is its row in the history."""

    row: int
    day: float
    done: bool
    recent: bool
    criticals: int
    serious: int
    reinspection: bool
    complaint: bool
    no_access: bool


class _Record(NamedTuple):
    """What the sentences say of one place: visits known of it, oldest first, and complaints.

    `mostly` is what visits of late found most, -1 where they found nothing.
    """

    visits: list[_Visit]
    verified: int
    unverified: int
    mostly: int
    today: float
    categories: tuple[str, ...]

    def done(self) -> list[_Visit]:
        return [it for it in self.visits if it.done]

    def recent(self) -> list[_Visit]:
        return [it for it in self.visits if it.recent]

    def recent_done(self) -> list[_Visit]:
        return [it for it in self.visits if it.done and it.recent]


def explain(facts: Facts, scores: Scores) -> list[list[Reason]]:
    """Tell the three strongest reasons of every score.

    What is known is taken from the arrays for all places at once: place by place it would take
    longer than the contributions themselves.
    """
    today = scores.as_of_ms / MS_PER_DAY
    rows, ends = _known(facts.visits.place, facts.visits.known_ms, scores)
    visits = _visits(facts, rows, today - _RECENT_DAYS)
    mostly = _mostly(facts, rows, ends, visits)
    verified, unverified = _told(facts, scores, today - _RECENT_DAYS)
    result, start = [], 0
    for row, end in enumerate(ends):
        record = _Record(
            visits=visits[start:end],
            verified=verified[row],
            unverified=unverified[row],
            mostly=mostly[row],
            today=today,
            categories=facts.vocabulary.categories,
        )
        result.append(_strongest(record, facts.visits.ids, scores, row))
        start = end
    return result


def _known(place: IntArray, known_ms: IntArray, scores: Scores) -> tuple[IntArray, list[int]]:
    """Find the rows of all scored places that were known in time, and where each place's end."""
    known = np.flatnonzero(known_ms < scores.as_of_ms)
    order = known[np.argsort(place[known], kind="stable")]
    starts = np.searchsorted(place[order], scores.place, side="left")
    sizes = np.searchsorted(place[order], scores.place, side="right") - starts
    ends = np.cumsum(sizes)
    within = np.arange(int(sizes.sum())) - np.repeat(ends - sizes, sizes)
    return order[np.repeat(starts, sizes) + within], ends.tolist()


def _visits(facts: Facts, rows: IntArray, recent_from: float) -> list[_Visit]:
    it = facts.visits
    day = it.day[rows]
    columns = (
        rows,
        day,
        it.done[rows],
        day >= recent_from,
        it.criticals[rows].astype(np.int64),
        it.serious[rows].astype(np.int64),
        it.reinspection[rows],
        it.complaint[rows],
        it.no_access[rows],
    )
    return [_Visit(*values) for values in zip(*(it.tolist() for it in columns), strict=True)]


def _mostly(facts: Facts, rows: IntArray, ends: list[int], visits: list[_Visit]) -> list[int]:
    """Find the category that visits of late found most at each place, -1 for none."""
    counted = np.array([it.done and it.recent for it in visits], dtype=np.float64)
    place = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    found = [
        np.bincount(place, counts * counted, minlength=len(ends))
        for counts in facts.visits.categories[rows].T
    ]
    if not found:
        return [-1] * len(ends)
    sums = np.stack(found, axis=1)
    most: list[int] = np.where(sums.any(axis=1), sums.argmax(axis=1), -1).tolist()
    return most


def _told(facts: Facts, scores: Scores, recent_from: float) -> tuple[list[int], list[int]]:
    """Count the complaints of late of each place, verified and not."""
    told = facts.complaints
    rows, ends = _known(told.place, told.known_ms, scores)
    place = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    recent = told.day[rows] >= recent_from
    verified, unverified = (
        np.bincount(place[recent & (told.verified[rows] == it)], minlength=len(ends)).tolist()
        for it in (True, False)
    )
    return verified, unverified


def _strongest(record: _Record, ids: TextArray, scores: Scores, row: int) -> list[Reason]:
    parts = scores.contributions[row].tolist()
    total = sum(abs(it) for it in parts) or 1.0
    visited = any(it.done for it in record.visits)
    reasons = [] if visited else [_never_visited()]
    for index in sorted(range(len(parts)), key=lambda it: -abs(parts[it])):
        share = parts[index] / total
        group = scores.groups[index]
        if abs(share) < _LEAST_SHARE or len(reasons) == STRONGEST:
            break
        if group in _OF_VISITS and not visited:
            continue
        direction: Direction = "up" if share > 0 else "down"
        words, behind = _SENTENCES[group](record, direction)
        behind_ids = tuple(str(ids[it.row]) for it in behind[-_MOST_VISITS:])
        reasons.append(Reason(group, direction, share, words, behind_ids))
    return reasons


_Sentence = Callable[[_Record, Direction], tuple[Words, list[_Visit]]]
_OF_VISITS: Final = ("history", "residual")


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


def _serious(number: int) -> Words:
    return _counted(number, Words("sérieuse", "serious one"), Words("sérieuses", "serious ones"))


def _history(record: _Record, _direction: Direction, /) -> tuple[Words, list[_Visit]]:
    last = record.done()[-1]
    days = max(int(record.today - max(it.day for it in record.done())), 0)
    ago = _days(days)
    found = _criticals(last.criticals)
    serious = _serious(last.serious)
    mostly = _told_mostly(record)
    words = Words(
        f"Dernière visite il y a {ago.fr} : {found.fr}, {serious.fr}{mostly.fr}.",
        f"Last visit {ago.en} ago: {found.en}, {serious.en}{mostly.en}.",
    )
    return words, [it for it in record.done() if it is last or (it.recent and it.criticals)]


def _told_mostly(record: _Record) -> Words:
    if record.mostly < 0:
        return Words("", "")
    name = record.categories[record.mostly]
    fr, en = CATEGORY_WORDS.get(name, (name, name))
    return Words(f" ; en deux ans surtout : {fr}", f"; in two years mostly {en}")


def _residual(record: _Record, direction: Direction, /) -> tuple[Words, list[_Visit]]:
    recent = record.recent_done()
    critical = [it for it in recent if it.criticals]
    more_fr, more_en = ("plus", "more") if direction == "up" else ("moins", "less")
    found = _criticals(sum(it.criticals for it in critical))
    serious = _serious(sum(it.serious for it in recent))
    visits = _counted(len(recent), Words("visite", "visit"), Words("visites", "visits"))
    # What is compared are all findings by their severity, not the critical ones alone.
    words = Words(
        f"{found.fr}, {serious.fr} en {visits.fr} sur deux ans ; toutes anomalies comptées, "
        f"{more_fr} que ce que les mêmes visiteurs trouvent d’ordinaire.",
        f"{found.en}, {serious.en} at {visits.en} in two years; all findings counted, "
        f"{more_en} than the same visitors usually find.",
    )
    return words, critical if direction == "up" and critical else recent


def _days(number: int) -> Words:
    return _counted(number, Words("jour", "day"), Words("jours", "days"))


def _complaints(record: _Record, _direction: Direction, /) -> tuple[Words, list[_Visit]]:
    verified = _counted(
        record.verified,
        Words("signalement vérifié", "verified complaint"),
        Words("signalements vérifiés", "verified complaints"),
    )
    others = record.unverified
    behind = [it for it in record.recent() if it.complaint]
    came = _counted(
        len(behind),
        Words("visite après signalement", "visit after a complaint"),
        Words("visites après signalement", "visits after a complaint"),
    )
    words = Words(
        f"En deux ans : {verified.fr}, {others} non vérifié{'s' if others > 1 else ''}, {came.fr}.",
        f"In two years: {verified.en}, {others} not verified, {came.en}.",
    )
    return words, behind


def _follow_up(record: _Record, _direction: Direction, /) -> tuple[Words, list[_Visit]]:
    recent = record.recent()
    numbers = (sum(it.reinspection for it in recent), sum(it.no_access for it in recent))
    told = [_counted(n, one, many) for n, (one, many) in zip(numbers, _CONTACTS, strict=True)]
    words = Words(
        "En deux ans : " + ", ".join(it.fr for it in told) + ".",
        "In two years: " + ", ".join(it.en for it in told) + ".",
    )
    return words, [it for it in recent if it.reinspection or it.no_access]


def _comparing(fr: str, en: str) -> _Sentence:
    def sentence(_record: _Record, direction: Direction, /) -> tuple[Words, list[_Visit]]:
        more_fr, more_en = ("plus", "more") if direction == "up" else ("moins", "less")
        words = Words(
            f"{fr} : {more_fr} d’anomalies qu’ailleurs.",
            f"{en}: {more_en} is found than elsewhere.",
        )
        return words, []

    return sentence


_CONTACTS: Final = (
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
    "residual": _residual,
    "complaints": _complaints,
    "follow_up": _follow_up,
    "attributes": _comparing("Lieux de ce type et de cette taille", "Places of this kind and size"),
    "operator": _comparing("Autres lieux du gestionnaire", "The operator's other places"),
    "neighbourhood": _comparing("Lieux du voisinage", "Places nearby"),
    "period": _comparing("Période de l’année", "Time of the year"),
    "signals": _comparing("Signaux extérieurs", "Signals from outside"),
}
