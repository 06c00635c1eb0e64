"""Say to anybody what is computed about places, from what, from what not, and who decides."""

from typing import Final

from scoring.domain.gate import LEAST_POSITIVES, LEAST_VISITS
from scoring.domain.label_policy import DANGER
from scoring.use_cases.model_card import METHOD, NEVER_USED, NOT_FOR, PURPOSE
from shared.contracts.message import Label
from shared.contracts.scoring import Method, Transparency, UsedData

USED: Final = {
    "history": Label(
        fr="Visites passées du lieu : ce qui y a été trouvé, sa gravité, et depuis quand.",
        en="Past visits of the place: what was found, how severe it was, and how long ago.",
    ),
    "residual": Label(
        fr="Ce qui a été trouvé, comparé à ce que les mêmes équipes trouvent d’habitude.",
        en="What was found, held against what the same teams usually find.",
    ),
    "complaints": Label(
        fr="Signalements reçus sur le lieu ; ceux qui ne sont pas vérifiés comptent peu.",
        en="Complaints told about the place; those not verified count little.",
    ),
    "follow_up": Label(
        fr="Contre-visites, anomalies restées ouvertes, visites que le gestionnaire a empêchées.",
        en="Re-inspections, findings left open, visits the operator did not let happen.",
    ),
    "attributes": Label(
        fr="Type de lieu, nombre de chambres, capacité, ancienneté dans le registre.",
        en="Kind of place, rooms, capacity, time in the register.",
    ),
    "operator": Label(
        fr="Ce qui a été trouvé dans les autres lieux du même gestionnaire.",
        en="What was found at the operator's other places.",
    ),
    "neighbourhood": Label(
        fr="Ce qui a été trouvé dans les lieux voisins.", en="What was found at places nearby."
    ),
    "period": Label(
        fr="Saison, et taux moyen de tous les lieux.",
        en="Season, and the average rate of all places.",
    ),
}
METHODS: Final[dict[Method, Label]] = {
    "heuristic": Label(
        fr=(
            f"Tant que moins de {LEAST_VISITS} visites ou de {LEAST_POSITIVES} anomalies "
            "critiques sont connues : un rapport simple, non appris, entre trouvé et attendu."
        ),
        en=(
            f"While fewer than {LEAST_VISITS} visits or {LEAST_POSITIVES} critical ones are "
            "known: a plain ratio of found to expected; nothing is learned."
        ),
    ),
    "rule": Label(
        fr="Ensuite, une règle : une somme de poids publiés.",
        en="Then a rule: a sum of weights that are published.",
    ),
    "model": METHOD,
}
GATE: Final = Label(
    fr="Un modèle ne sert que s’il fait mieux, sur des périodes qu’il n’a pas vues, que ce qui "
    "sert, que la règle et que les ordres simples ; chacun a une fiche avec ses chiffres.",
    en="A model serves only if, in periods it has not seen, it does better than what serves, than "
    "the rule and than simple orders; each has a card with its figures.",
)
WHO_DECIDES: Final = Label(
    fr="Des personnes : le score propose un ordre de visite, un planificateur choisit, un "
    "inspecteur constate. Les inspecteurs ne voient pas le score avant d’avoir vu le lieu.",
    en="People: the score proposes an order of visits, a planner chooses, an inspector finds. "
    "Inspectors do not see the score before they have seen the place.",
)
EXPLAINED: Final = Label(
    fr="Chaque score a un intervalle, ses trois premières raisons en phrases et les visites "
    "derrière elles ; tous les scores passés d’un lieu sont conservés avec leur méthode.",
    en="Each score has an interval, its three strongest reasons in sentences and the visits behind "
    "them; all past scores of a place are kept with their method.",
)


def transparency() -> Transparency:
    """Write the summary; it tells of the method alone, of no place and no organisation."""
    return Transparency(
        purpose=PURPOSE,
        label=Label(fr=DANGER.words.fr, en=DANGER.words.en),
        used=[UsedData(group=group, text=text) for group, text in USED.items()],
        never_used=NEVER_USED,
        methods=METHODS,
        gate=GATE,
        explained=EXPLAINED,
        who_decides=WHO_DECIDES,
        not_for=NOT_FOR,
    )
