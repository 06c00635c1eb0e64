"""What a table of each kind may tell, column by column, by the titles people give them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType

from inspections.domain import checklist_file, registry_file
from inspections.domain import import_cells as cells
from inspections.domain import registry_cells as plain

Read = Callable[[str], object]
LONGEST_CODE = 60
MOMENTS = frozenset({"occurred_at", "scheduled_at", "known_at"})


class Kind(StrEnum):
    """What the rows of a table are."""

    accommodations = "accommodations"
    visits = "visits"
    inspections = "inspections"
    findings = "findings"
    complaints = "complaints"
    occupancy = "occupancy"
    checklist = "checklist"


@dataclass(frozen=True, slots=True)
class Field:
    """Something a row tells; `names` are titles it is known by, without accents or capitals.

    Without `read` it is a day or a moment, whose shape is a habit of its file.
    """

    name: str
    names: tuple[str, ...]
    read: Read | None
    required: bool = False
    default: object = None


def read_cell(it: Field, text: str, *, month_first: bool) -> object:
    """Read a cell that is not empty as a value of a field.

    Raises
    ------
    ValueError : what is wrong, and what to do
    """
    if it.read is not None:
        return it.read(text)
    if it.name in MOMENTS:
        return cells.read_moment(text, "", month_first=month_first)[0]
    return cells.read_day(text, month_first=month_first).isoformat()


def _field(
    name: str, names: str, read: Read | None, *, required: bool = False, default: object = None
) -> Field:
    return Field(name, (name, *names.split()), read, required, default)


def _word(words: Mapping[str, str]) -> Read:
    return partial(plain.read_word, words=dict(words))


def _text(limit: int = 200) -> Read:
    return partial(plain.read_text, limit=limit)


def _whole(low: int, high: int) -> Read:
    return partial(plain.read_whole, low=low, high=high)


PLACE = _field(
    "place",
    "etablissement hotel hebergement accommodation site code_hotel id_hotel hotel_id "
    "identifiant_hotel external_id code_etablissement batiment building_id buildingid bbl",
    _text(),
    required=True,
)
# What another system calls the row: by it, an import that is run again knows its rows.
KEY = _field(
    "key",
    "instanceid meta_instanceid uuid id identifiant numero ref reference cle n unique_key "
    "violationid problem_id vacate_order_number job_ticket_or_work_order_id",
    _text(150),
)
TIME = _field("time", "heure horaire heure_visite hour", cells.read_clock)
KNOWN_AT = _field(
    "known_at",
    "connu_le saisi_le date_saisie date_de_saisie recorded_on submissiondate submission_time",
    None,
)
VISIT = _field("visit", "visite id_visite visit_id numero_visite code_visite", _text(150))
ROOMS_SEEN = _field(
    "rooms_seen", "chambres_vues chambres_visitees nb_chambres_vues", _whole(0, 5000), default=0
)
ROOM = _field("room", "chambre n_chambre numero_chambre apartment appartement", _text(30))
CATEGORY = _field("category", "categorie theme famille major_category", _text(60))
REASON = _field("reason", "motif raison", _text(), default=None)
DAY_NAMES = (
    "date jour date_visite date_de_visite date_de_la_visite inspection_date inspectiondate "
    "date_inspection date_constat date_du_constat constate_le vu_le today start"
)
SEVERITY_NAMES = "gravite criticite niveau class classe"


def _moment(name: str, names: str = DAY_NAMES) -> Field:
    return _field(name, names, None, required=True)


def _registered() -> tuple[Field, ...]:
    """Give the columns of a register as fields; days of theirs have one shape of their own."""
    return tuple(
        Field(it.field, it.names, it.read, it.required, it.default) for it in registry_file.COLUMNS
    )


def read_code(text: str) -> str:
    """Make a code of what another system calls a thing; one too long ends in its digest."""
    code = plain.key_of(text)
    if len(code) > LONGEST_CODE:
        digest = hashlib.sha256(code.encode()).hexdigest()[:8]
        code = f"{code[: LONGEST_CODE - len(digest) - 1]}_{digest}"
    if not checklist_file.CODE.fullmatch(code):
        raise ValueError("must begin with a letter; name the column that holds codes")
    return code


def _items() -> tuple[Field, ...]:
    codes = {"code": read_code, "category": read_code}
    own = tuple(
        Field(
            it.field,
            (it.field, *it.names),
            codes.get(it.field, it.read),
            it.empty is None,
            it.empty,
        )
        for it in checklist_file.COLUMNS
    )
    named = plain.read_text
    return (
        _field("checklist", "grille", partial(named, limit=60), required=True),
        _field("title", "titre", partial(named, limit=200), default=""),
        *own,
    )


FIELDS: Mapping[Kind, tuple[Field, ...]] = MappingProxyType(
    {
        Kind.accommodations: _registered(),
        Kind.visits: (
            PLACE,
            _moment("scheduled_at", f"{DAY_NAMES} prevue_le date_prevue rendez_vous"),
            TIME,
            KEY,
            _field("kind", "type nature motif_visite", _word(cells.VISIT_KINDS), default="routine"),
            _field("state", "statut etat resultat issue", _word(cells.VISIT_STATES)),
            _field("announced", "annoncee prevenu", plain.read_yes_no, default=False),
            ROOMS_SEEN,
            REASON,
        ),
        Kind.inspections: (
            PLACE,
            _moment("occurred_at"),
            TIME,
            KEY,
            VISIT,
            KNOWN_AT,
            _field(
                "visit_kind", "type nature inspection_type motif_visite", _word(cells.VISIT_KINDS),
                default="routine",
            ),
            _field("outcome", "resultat issue statut", _word(cells.OUTCOMES), default="done"),
            ROOMS_SEEN,
        ),
        Kind.findings: (
            PLACE,
            _moment("occurred_at"),
            TIME,
            KEY,
            VISIT,
            _field("inspection", "evaluation id_evaluation inspection_id fiche parent_key",
                   _text(150)),
            KNOWN_AT,
            _field("item", "critere anomalie defaut desordre probleme constat", _text(60),
                   required=True),
            _field("severity", SEVERITY_NAMES, cells.read_severity, required=True),
            ROOM,
            _field("note", "remarque commentaire observation description novdescription detail",
                   _text(2000)),
            _field("responsibility", "responsable responsabilite a_charge_de",
                   _word(cells.RESPONSIBILITIES)),
        ),
        Kind.complaints: (
            PLACE,
            _moment("occurred_at", "date jour recu_le date_signalement received_date "
                    "vacate_effective_date order_issue_date"),
            TIME,
            KEY,
            KNOWN_AT,
            _field("source", "origine auteur_type provenance", _word(cells.SOURCES), required=True),
            _field("severity", f"{SEVERITY_NAMES} urgence", cells.read_severity, default=2),
            CATEGORY,
            _field("item", "critere minor_category", _text(60)),
            ROOM,
            _field("text", "texte signalement description objet message commentaire "
                   "primary_vacate_reason status_description", _text(5000), required=True),
        ),
        Kind.occupancy: (
            PLACE,
            _moment("day", "date jour mois releve_le"),
            _field("rooms_booked", "chambres_occupees chambres_reservees chambres nb_chambres",
                   _whole(0, 5000), required=True),
            _field("people", "personnes nb_personnes occupants menages_personnes",
                   _whole(0, 50_000), required=True),
            _field("children_under_three", "moins_de_3_ans enfants_moins_3_ans bebes enfants_0_3",
                   _whole(0, 50_000), default=0),
        ),
        Kind.checklist: _items(),
    }
)  # fmt: skip
BY_NAME = MappingProxyType(
    {kind: MappingProxyType({it.name: it for it in its}) for kind, its in FIELDS.items()}
)
TITLES: frozenset[str] = frozenset(
    name for its in FIELDS.values() for it in its for name in it.names
)
# Titles of columns about people: never suggested, and told to be left out.
PEOPLE = frozenset(
    {
        "nom_famille",
        "nom_de_famille",
        "prenom",
        "prenoms",
        "nom_resident",
        "resident",
        "occupant",
        "nom_occupant",
        "menage",
        "nom_menage",
        "date_naissance",
        "date_de_naissance",
        "ne_le",
        "telephone_occupant",
        "email_occupant",
        "inspecteur",
        "inspector",
        "nom_inspecteur",
        "agent",
        "visiteur",
        "auteur",
        "nom_auteur",
        "plaignant",
        "contact",
        "mail",
        "email",
        "courriel",
        "submitterid",
        "submittername",
        "submitted_by",
        "username",
        "deviceid",
        "phonenumber",
        "subscriberid",
        "simserial",
    }
)
