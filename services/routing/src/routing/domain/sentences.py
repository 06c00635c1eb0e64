"""The reasons as people read them, French first, then English."""

import math


def no_skill_sentence(*, skilled: bool) -> tuple[str, str]:
    """Say that nobody may take the place: for the skill, or only for the sector."""
    if skilled:
        return (
            "Aucune équipe compétente n'intervient dans ce secteur.",
            "No team with the skills works in this sector.",
        )
    return (
        "Aucune équipe n'a les compétences et les langues demandées.",
        "No team has the skills and languages asked for.",
    )


def closed_sentence() -> tuple[str, str]:
    """Say that the place is closed whenever somebody could come."""
    return (
        "Fermé pendant toutes les heures travaillées avant l'échéance.",
        "Closed during every hour worked before the due date.",
    )


def too_far_sentence() -> tuple[str, str]:
    """Say that no day could hold the visit, even alone."""
    return (
        "Trop loin ou trop peu de temps d'ouverture, même seul dans une journée.",
        "Too far or open for too short a time, even alone on a day.",
    )


def too_long_sentence(stay_s: int, most_s: int) -> tuple[str, str]:
    """Say that the visit lasts longer than the longest shift of those who may go."""
    stay, most = math.ceil(stay_s / 60), most_s // 60
    return (
        f"La visite dure {stay} min ; la plus longue journée n'en a que {most}, repas déduit.",
        f"The visit lasts {stay} min; the longest shift has only {most} min, lunch taken off.",
    )


def locked_out_sentence(extra_s: int | None) -> tuple[str, str]:
    """Say that the lock alone keeps the place out; `extra_s` is its detour without the lock."""
    fr = "Son verrou (équipe, jour, heure ou ordre) ne laisse aucune place"
    en = "Its lock (team, day, time or order) leaves no room"
    if extra_s is None:
        return f"{fr}, et le reste du plan non plus.", f"{en}, nor does the rest of the plan."
    extra = round(extra_s / 60)
    return (
        f"{fr} ; sans lui, le détour serait de {extra} min.",
        f"{en}; without it the detour would be {extra} min.",
    )


def workload_sentence(missing_min: float) -> tuple[str, str]:
    """Say that the teams that could come have no work left to give, and how much is missing."""
    fr = "Les équipes qui auraient le temps atteignent leur limite de travail sur la période"
    en = "The teams that have the time reach their limit of work for the days of the plan"
    return (
        f"{fr} : il manque {missing_min:g} min à la mieux placée.",
        f"{en}: {missing_min:g} min are missing in the best placed one.",
    )


def detour_sentence(
    extra_s: int, penalty_s: int, needed: float, *, announced: bool
) -> tuple[str, str]:
    """Say what the best detour costs, what the place justifies, and what would be needed."""
    extra, worth = round(extra_s / 60), int(penalty_s / 60)
    points_fr = f"{needed:g}".replace(".", ",")
    why_fr = (
        "la priorité et l'annonce n'en justifient" if announced else "la priorité n'en justifie"
    )
    why_en = "the priority and the announcement are" if announced else "the priority is"
    fr = (
        f"Le meilleur détour coûte {extra} min de route ; {why_fr} que "
        f"{worth} min. Il faudrait {points_fr} points."
    )
    en = (
        f"The best detour costs {extra} min of driving; {why_en} worth only "
        f"{worth} min. It would take {needed:g} points."
    )
    return fr, en


def no_time_sentence(
    missing_min: float | None, displaced_points: float | None, *, displaced_must: bool = False
) -> tuple[str, str]:
    """Say how much time is missing, and which visit would have to go."""
    if missing_min is None:
        fr = "Les tournées sont pleines : le temps, les horaires ou la conduite s'y opposent."
        en = "The rounds are full: the time, the hours or the driving limit forbid it."
    else:
        missing_fr = f"{missing_min:.3g}".replace(".", ",")
        fr = f"Les tournées sont pleines : il manque {missing_fr} min dans la meilleure."
        en = f"The rounds are full: {missing_min:.3g} min are missing in the best one."
    if displaced_must:
        fr += " Retirer une visite obligatoire lui ferait place."
        en += " Removing a must-visit would make room."
    elif displaced_points is not None:
        points_fr = f"{displaced_points:g}".replace(".", ",")
        fr += f" Retirer une visite de {points_fr} points lui ferait place."
        en += f" Removing a visit of {displaced_points:g} points would make room."
    return fr, en


def no_position_sentence(distance_m: float | None) -> tuple[str, str]:
    """Say that the place has no usable position."""
    if distance_m is None:
        return "Position inconnue.", "The position is unknown."
    kilometres = f"{distance_m / 1000:.1f}"
    fr = (
        f"La position est à {kilometres.replace('.', ',')} km de la route la plus proche : "
        "vérifiez l'adresse."
    )
    return fr, f"The position is {kilometres} km from the nearest road: check the address."
