"""A checklist as a form for field apps, in the words of XLSForm.

What is still open of a place comes first; then what is seen of the whole place; then room by room.
Answers to items, their notes and photos are called `a_`, `n_` and `p_` and the item's code.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from inspections.domain.checklist import Checklist, Item, Scope

# Counted up when the same checklist gives another form: field apps then fetch it anew.
TEMPLATE = 1
FORM_PREFIX = "ronde-"
# What stands above the rows of a list once a field app has read it.
ROOT = "root"
VISITS, FINDINGS = "visits.csv", "findings.csv"
ANSWER, NOTE, PHOTO = "a_", "n_", "p_"
SEEN = "seen"
# Enough to see mould by, and short to send from a cellar.
PIXELS = "max-pixels=2048"
Cells = Mapping[str, str]
Form = Mapping[str, Sequence[Cells]]


@dataclass(frozen=True, slots=True)
class Words:
    """What people read, in the two languages of the product."""

    fr: str
    en: str

    def cells(self, column: str = "label") -> dict[str, str]:
        """Write it as XLSForm does; a text is never taken for a reference to another question."""
        return {
            f"{column}::Français (fr)": self.fr.replace("${", "$ {"),
            f"{column}::English (en)": self.en.replace("${", "$ {"),
        }


_SEVERITIES = MappingProxyType(
    {
        "0": Words("0 – bon", "0 – good"),
        "1": Words("1 – mineur", "1 – minor"),
        "2": Words("2 – modéré", "2 – moderate"),
        "3": Words("3 – grave", "3 – serious"),
        "4": Words("4 – danger", "4 – danger"),
        "not_applicable": Words("Sans objet", "Not applicable"),
        "not_seen": Words("Non vu", "Not seen"),
    }
)
_CHOICES = MappingProxyType(
    {
        "severity": _SEVERITIES,
        "now": {
            "0": Words("Réglé", "Fixed"),
            "1": Words("Toujours là : 1 – mineur", "Still there: 1 – minor"),
            "2": Words("Toujours là : 2 – modéré", "Still there: 2 – moderate"),
            "3": Words("Toujours là : 3 – grave", "Still there: 3 – serious"),
            "4": Words("Toujours là : 4 – danger", "Still there: 4 – danger"),
            "not_seen": Words("Non vu", "Not seen"),
        },
        "outcome": {
            "done": Words("Visite faite", "Visited"),
            "refused": Words("Visite refusée", "Refused"),
            "closed": Words("Lieu fermé", "Closed"),
            "nobody_there": Words("Personne sur place", "Nobody there"),
            "wrong_address": Words("Mauvaise adresse", "Wrong address"),
        },
        "room_outcome": {
            SEEN: Words("Vue", "Seen"),
            "household_refused": Words("La famille ne souhaite pas", "The household declines"),
            "household_absent": Words("Famille absente", "Household away"),
            "out_of_use": Words("Hors service", "Out of use"),
            "not_reached": Words("Pas eu le temps", "Not reached"),
        },
        "room_reason": {
            "household_refused": Words("Refus d'une autre chambre", "Another room declined"),
            "household_absent": Words("Absence d'une autre chambre", "Another household away"),
            "out_of_use": Words("Autre chambre hors service", "Another room out of use"),
            "asked_by_household": Words("À la demande de la famille", "Asked by the household"),
            "danger_reported": Words("Danger signalé", "Danger reported"),
            "no_such_room": Words("La chambre tirée n'existe pas", "The room drawn does not exist"),
            "other": Words("Autre raison", "Another reason"),
        },
    }
)
_PARTS = MappingProxyType(
    {
        Scope.building: Words("Bâtiment", "Building"),
        Scope.common_parts: Words("Parties communes", "Common parts"),
        Scope.document: Words("Documents", "Documents"),
        Scope.relation: Words("Relations", "Relations"),
    }
)


def form_id(checklist: Checklist) -> str:
    """Name the form of all versions of a checklist."""
    return f"{FORM_PREFIX}{checklist.code}"


def form_version(checklist: Checklist) -> str:
    """Name the version of the form; another template of ours makes another one."""
    return f"{checklist.version}-{TEMPLATE}"


def form_of(checklist: Checklist, title: Words) -> Form:
    """Write the form of a checklist: its questions, choices and settings."""
    return {
        "survey": list(_survey(checklist)),
        "choices": [
            {"list_name": name, "name": code, **words.cells()}
            for name, choices in _CHOICES.items()
            for code, words in choices.items()
        ],
        "settings": [
            {
                "form_title": f"Ronde – {title.fr}",
                "form_id": form_id(checklist),
                "version": form_version(checklist),
                "default_language": "Français (fr)",
                "instance_name": "concat(${place}, ' ', ${started})",
            }
        ],
    }


def _survey(checklist: Checklist) -> Iterator[Cells]:
    yield {"type": "start", "name": "started"}
    yield {"type": "csv-external", "name": FINDINGS.removesuffix(".csv")}
    yield _question(
        f"select_one_from_file {VISITS}", "visit", Words("Visite", "Visit"), required="yes"
    )
    for name in ("place", "rooms_to_see"):
        yield _calculate(name, f"{_listed(VISITS, 'name = ${visit}')}/{name}")
    yield _question(
        "select_one outcome", "outcome", Words("Qu'en est-il ?", "How did it go?"), required="yes"
    )
    yield _begin("group", SEEN, Words("Ce qui a été vu", "What was seen"), "${outcome} = 'done'")
    yield from _still_open()
    for scope, words in _PARTS.items():
        items = [it for it in checklist.items.values() if it.scope == scope]
        if items:
            yield _begin("group", scope.value, words)
            yield from _about(items)
            yield {"type": "end group"}
    yield from _rooms([it for it in checklist.items.values() if it.scope == Scope.room])
    yield {"type": "end group"}


def _still_open() -> Iterator[Cells]:
    """Ask of each anomaly that was open when the list was fetched whether it is still there."""
    yield _calculate("open_count", f"count({_listed(FINDINGS, 'visit = ${visit}')})", default="0")
    yield {
        **_begin("repeat", "open", Words("Anomalies ouvertes", "Open findings")),
        "repeat_count": "${open_count}",
    }
    yield _calculate("open_key", "concat(${visit}, '-', position(..))")
    for name in ("anomaly", "item", "room", "fr", "en"):
        yield _calculate(f"open_{name}", f"{_listed(FINDINGS, 'name = ${open_key}')}/{name}")
    yield {
        "type": "select_one now",
        "name": "now",
        "label::Français (fr)": "${open_fr}",
        "label::English (en)": "${open_en}",
    }
    there = "${now} >= 1"
    yield _question("text", "now_note", Words("Précisions", "Details"), relevant=there)
    yield _photo("now_photo", there)
    yield {"type": "end repeat"}


def _rooms(items: Sequence[Item]) -> Iterator[Cells]:
    yield {
        "type": "note",
        "name": "rooms_drawn",
        "label::Français (fr)": "Chambres à voir, tirées au sort : ${rooms_to_see}",
        "label::English (en)": "Rooms to see, drawn by lot: ${rooms_to_see}",
        "relevant": "${rooms_to_see} != ''",
    }
    yield _begin("repeat", "rooms", Words("Chambre", "Room"))
    yield _question(
        "text",
        "room_label",
        Words("Numéro de la chambre, sans aucun nom", "Number of the room, without any name"),
        required="yes",
        constraint="string-length(.) <= 30",
    )
    yield _question(
        "select_one room_outcome",
        "room_outcome",
        Words("La chambre", "The room"),
        required="yes",
    )
    yield _question(
        "select_one room_reason",
        "room_reason",
        Words("Pourquoi elle, si elle n'était pas tirée ?", "Why this one, if not drawn?"),
        relevant=f"${{room_outcome}} = '{SEEN}' and ${{rooms_to_see}} != ''",
    )
    if items:
        seen = f"${{room_outcome}} = '{SEEN}'"
        yield _begin("group", "in_room", Words("Dans la chambre", "In the room"), seen)
        yield from _about(items)
        yield {"type": "end group"}
    yield {"type": "end repeat"}


def _about(items: Iterable[Item]) -> Iterator[Cells]:
    for it in items:
        answer = f"{ANSWER}{it.code}"
        yield _question("select_one severity", answer, Words(it.label_fr, it.label_en))
        yield _question(
            "text",
            f"{NOTE}{it.code}",
            Words("Précisions, sans aucun nom", "Details, without any name"),
            relevant=f"${{{answer}}} >= 1",
        )
        if it.photo_from:
            yield _photo(f"{PHOTO}{it.code}", f"${{{answer}}} >= {it.photo_from}")


def _question(kind: str, name: str, words: Words, **more: str) -> Cells:
    return {"type": kind, "name": name, **words.cells(), **more}


def _listed(file: str, where: str) -> str:
    """Name the rows of a list that came with the form."""
    return f"instance('{file.removesuffix('.csv')}')/{ROOT}/item[{where}]"


def _calculate(name: str, formula: str, **more: str) -> Cells:
    return {"type": "calculate", "name": name, "calculation": formula, **more}


def _photo(name: str, relevant: str) -> Cells:
    words = Words("Photo, sans personne dessus", "Photo, with nobody in it")
    return _question("image", name, words, relevant=relevant, parameters=PIXELS)


def _begin(kind: str, name: str, words: Words, relevant: str | None = None) -> dict[str, str]:
    cells = {"type": f"begin {kind}", "name": name, **words.cells()}
    return cells if relevant is None else {**cells, "relevant": relevant}
