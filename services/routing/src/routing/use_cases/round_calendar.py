"""The visits of an inspector as a calendar that may be shared: no score, no unannounced place."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vGeo
from pydantic import TypeAdapter

from routing.store.plans import DrivenPlan
from shared.contracts.routing.plans import Round, Stop

Language = Literal["fr", "en"]
WORDS = {
    "fr": {"name": "Mes visites", "visit": "Visite", "stop": "arrêt", "colon": " : "},
    "en": {"name": "My visits", "visit": "Visit", "stop": "stop", "colon": ": "},
}
_ROUNDS = TypeAdapter(list[Round])


def calendar_of(inspector_id: UUID, plans: Sequence[DrivenPlan], language: Language) -> bytes:
    """Write the visits of an inspector's accepted rounds as an iCalendar file (RFC 5545).

    A visit keeps its UID from revision to revision; its SEQUENCE is the revision that last changed
    its hours or its team.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Ronde//rounds//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", WORDS[language]["name"])
    for plan in plans:
        for round_ in _ROUNDS.validate_python(plan.rounds):
            if inspector_id in round_.inspector_ids:
                for stop in round_.stops:
                    calendar.add_component(_event(round_, stop, plan, language))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(round_: Round, stop: Stop, plan: DrivenPlan, language: Language) -> Event:
    words, event, zone = WORDS[language], Event(), ZoneInfo(plan.timezone)
    event.add("uid", f"{stop.stop_id}@ronde")
    event.add("sequence", stop.revised_in)
    event.add("dtstamp", plan.accepted_at)
    event.add("dtstart", stop.starts_at.astimezone(zone))
    event.add("dtend", stop.ends_at.astimezone(zone))
    about = [f"{round_.team_name}, {words['stop']} {stop.sequence}"]
    if stop.announced:
        about += [getattr(it.text, language) for it in stop.legs]
    event.add("description", "\n".join(about))
    if stop.announced:
        event.add("summary", f"{words['visit']}{words['colon']}{stop.name}")
        event.add("location", stop.name)
        event["geo"] = vGeo((stop.position.lat, stop.position.lon))
    else:
        # Whoever has the calendar's address would know of a visit that nobody may know of.
        event.add("summary", words["visit"])
        event.add("class", "PRIVATE")
    return event
