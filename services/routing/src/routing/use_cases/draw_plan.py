"""Draw the rounds of a plan on the map: no score is in it, and no base, which may be a home."""

from collections.abc import Mapping, Sequence
from typing import cast
from zoneinfo import ZoneInfo

from routing.domain import plan_picture
from routing.domain.basemap import Basemap
from routing.domain.map_window import Point
from routing.domain.plan_picture import Drawn, Said, letter
from routing.use_cases.round_files import Shapes, lines_of
from shared.contracts.routing.plans import Plan, Round
from shared.pictures import Language

WORDS = {
    "fr": {
        "title": "Plan du {starts_on} : {rounds} tournée(s), {stops} visite(s)",
        "round": "{team}, {day} ({stops})",
        "told": "{letter}, {label} : {stops}.",
        "straight": "En tirets : à vol d’oiseau, sans les rues",
    },
    "en": {
        "title": "Plan of {starts_on}: {rounds} round(s), {stops} visit(s)",
        "round": "{team}, {day} ({stops})",
        "told": "{letter}, {label}: {stops}.",
        "straight": "In dashes: as the crow flies, without the streets",
    },
}


def plan_map(  # noqa: PLR0913 - a picture shows what several have to tell
    plan: Plan,
    rounds: Sequence[Round],
    *,
    shapes: Shapes,
    basemap: Basemap | None,
    attribution: str,
    zone: ZoneInfo,
    language: Language,
) -> str:
    """Draw some rounds of a solved plan; CPU work, for a thread.

    Parameters
    ----------
    shapes : the streets of the rounds, from the first to the last stop
    basemap : without one nothing is drawn under the rounds
    attribution : of the roads
    """
    straight = plan.totals is None or plan.totals.distance_method != "roads"
    lines = lines_of(shapes)
    driven = [it for it in rounds if it.stops]
    words = WORDS[language]
    labels = [_label(it, words) for it in driven]
    drawn = [
        Drawn(
            label=label,
            line=_points(lines[it.round_id]) if it.round_id in lines else [],
            stops=[(stop.position.lon, stop.position.lat) for stop in it.stops],
            straight=straight,
        )
        for it, label in zip(driven, labels, strict=True)
    ]
    stops = sum(len(it.stops) for it in driven)
    told = [
        words["told"].format(letter=letter(n), label=labels[n], stops=_in_order(it, zone))
        for n, it in enumerate(driven)
    ]
    said = Said(
        title=words["title"].format(starts_on=plan.starts_on, rounds=len(driven), stops=stops),
        description=" ".join(told),
        straight=words["straight"],
        attribution=attribution,
        language=language,
    )
    return plan_picture.draw(drawn, basemap, said)


def _label(round_: Round, words: Mapping[str, str]) -> str:
    return words["round"].format(team=round_.team_name, day=round_.day, stops=len(round_.stops))


def _in_order(round_: Round, zone: ZoneInfo) -> str:
    """Say for those who see no picture which stop comes when."""
    return ", ".join(
        f"{it.sequence} {it.name} {it.starts_at.astimezone(zone):%H:%M}" for it in round_.stops
    )


def _points(geometry: Mapping[str, object]) -> list[Point]:
    return [(lon, lat) for lon, lat in cast("list[list[float]]", geometry["coordinates"])]
