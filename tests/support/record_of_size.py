"""Write a record of a given size straight into a database, all that its reads touch."""

import json
from dataclasses import dataclass
from importlib.resources import files
from uuid import UUID

import psycopg

from inspections.domain.checklist_file import parse_items
from shared.testing import TestDatabase

ORGANISATION = UUID(int=7)
PLACE, VISIT, INSPECTION, INSTANCE, FINDING, ANOMALY = range(1, 7)
INSPECTOR, NOTICE, ALERT, AGAIN, STEP = range(9, 14)
# Each place is visited so often, over five years; what is wrong is seen at three visits in a row.
VISITS_OF_A_PLACE, EPISODE = 50, 3
SLOTS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    places: int
    visits: int
    findings: int


SIZES = {"S": Size(600, 30_000, 126_000), "M": Size(5_000, 250_000, 1_000_000)}


def id_of(kind: int, number: int) -> UUID:
    """Give the id of the n-th of its kind."""
    return UUID(f"{kind:08x}{number:024x}")


# A visit n is of place n % places, its (n / places)-th; finding k of a visit stands in slot k.
FUNCTIONS = """
create function id_of(kind bigint, number bigint) returns uuid language sql immutable as
$$ select (lpad(to_hex(kind), 8, '0') || lpad(to_hex(number), 24, '0'))::uuid $$;
create function moment_of(visit bigint) returns timestamptz language sql immutable as
$$ select timestamptz '2021-01-04 09:00+00'
    + interval '1 minute' * (1825 * 1440 * visit / {visits}) $$;
create function item_of(place bigint, episode bigint, slot bigint) returns text
language sql immutable as
$$ select ('{items}'::text[])[1 + (episode * 11 + slot * 7 + place * 5) % {item_count}] $$;
create function category_of(item text) returns text language sql immutable as
$$ select '{categories}'::jsonb ->> item $$;
create function severity_of(place bigint, slot bigint) returns int language sql immutable as
$$ select (case when (place + slot) % 25 = 0 then 4 else 1 + (place + slot) % 3 end)::int $$;
create view seen as
select slot, visit, visit % {places} as place, visit / {places} as turn,
    visit / {places} / {episode} as episode
from (select n / {visits} as slot, n % {visits} as visit
    from generate_series(0::bigint, {findings} - 1) as n) as numbered;
create view told as
select place, episode, slot, min(visit) as first, max(visit) as last, count(*) as sightings,
    (place * 100 + episode) * 10 + slot as number,
    -- The last ones stand, and some of before that nobody saw again.
    max(turn) = {last_turn} or (episode >= 12 and (place + slot) % 7 = 0) as stands
from seen group by place, episode, slot;
"""

TABLES = {
    "accommodation": """
        insert into accommodation (organisation, id, external_id, name, kind, address, postcode,
            city, territory, sector, lon, lat, rooms, capacity, operator, contract_state,
            visit_hours, skills, confidential_address, position_source, occupied_on, rooms_booked,
            people, children_under_three, revision)
        select '{us}', id_of(1, n), 'H' || n, 'Hôtel ' || lpad((n * 7919 % 1000000)::text, 6, '0'),
            'hotel', n % 90 + 1 || ' rue des Lilas',
            (array['75011', '92000', '93200', '94000'])[1 + n % 4], 'Ville',
            (array['75', '92', '93', '94'])[1 + n % 4], 'S' || n % 8, 2.2 + n % 97 * 0.003,
            48.7 + n % 89 * 0.003, 5 + n % 116, 200, '', 'active',
            '[{{"weekday": 1, "opens": "09:00:00", "closes": "17:30:00"}}]', '{{}}', false,
            'declared', '2026-01-01', 4, 9, 1, 1
        from generate_series(0, {places} - 1) as n""",
    "visit": """
        insert into visit (organisation, id, accommodation_id, kind, state, origin, scheduled_at,
            announced, inspector_ids, rooms_seen, started_at, ended_at)
        select '{us}', id_of(2, n), id_of(1, n % {places}),
            (array['routine', 'routine', 'routine', 'complaint', 'reinspection'])[1 + n % 5],
            'done', 'due', moment_of(n), false, array[id_of(9, n % 40), id_of(9, 40 + n % 37)],
            3 + n % 9, moment_of(n), moment_of(n) + interval '1 minute' * (40 + n % 50)
        from generate_series(0::bigint, {visits} - 1) as n""",
    "inspection": """
        insert into inspection (organisation, id, instance_id, digest, accommodation_id, visit_id,
            visit_kind, outcome, checklist, checklist_version, occurred_at, known_at,
            known_at_stated, inspector_ids, rooms_seen, rooms_total, insalubrity_index, coverage,
            grade, reinspect_by, answers)
        select '{us}', id_of(3, n), id_of(4, n), n, id_of(1, n % {places}), id_of(2, n), 'routine',
            'done', 'default', 1, moment_of(n), moment_of(n), true, array[id_of(9, n % 40)],
            3 + n % 9, 40, n % 60, 0.9, (array['A', 'A', 'B', 'B', 'C', 'D'])[1 + n * 7 % 6],
            case when n * 7 % 6 = 5 then moment_of(n)::date + 1 end, '{answers}'
        from generate_series(0::bigint, {visits} - 1) as n""",
    "anomaly": """
        insert into anomaly (organisation, id, accommodation_id, item, room, category, scope,
            responsibility, state, state_since, severity, critical, first_seen_at, last_seen_at,
            known_at, known_from, sightings, due_at, deadline_policy, false_claims, repeats,
            overdue_told_at, revision)
        select '{us}', id_of(6, number), id_of(1, place), item_of(place, episode, slot),
            (slot * 5 + episode % 5)::text, category_of(item_of(place, episode, slot)), 'room',
            'operator',
            case when not stands then 'verified'
                else (array['open', 'notified', 'claimed_fixed', 'reopened'])[1 + number % 4] end,
            moment_of(case when stands then first else last + {places} end),
            severity_of(place, slot), severity_of(place, slot) = 4, moment_of(first),
            moment_of(last), moment_of(first),
            moment_of(case when stands then first else last + {places} end), sightings,
            moment_of(first) + interval '14 days',
            'default', 0, 0, moment_of(last), 1
        from told""",
    "anomaly_past": """
        insert into anomaly_past (organisation, anomaly_id, known_from, known_until,
            accommodation_id, state, state_since, severity, critical, first_seen_at, due_at,
            responsibility)
        select organisation, id, known_at, known_from, accommodation_id, 'open', first_seen_at,
            severity, critical, first_seen_at, due_at, responsibility
        from anomaly where state = 'verified'""",
    "finding": """
        insert into finding (organisation, id, accommodation_id, inspection_id, item, category,
            room, severity, critical, repeat, due_on, occurred_at, known_at, anomaly_id)
        select '{us}', id_of(5, slot * {visits} + visit), id_of(1, place), id_of(3, visit),
            item_of(place, episode, slot), category_of(item_of(place, episode, slot)),
            (slot * 5 + episode % 5)::text, severity_of(place, slot),
            severity_of(place, slot) = 4, false, moment_of(visit)::date + 14, moment_of(visit),
            moment_of(visit), id_of(6, (place * 100 + episode) * 10 + slot)
        from seen""",
    "anomaly_step": """
        insert into anomaly_step (organisation, id, anomaly_id, kind, occurred_at, known_at,
            recorded_at, inspection_id, proofs, responsibility)
        select '{us}', id_of(13, number * 2 + it.n), id_of(6, number), it.kind,
            moment_of(it.visit), moment_of(it.visit), moment_of(it.visit), id_of(3, it.visit),
            '[]', 'operator'
        from told cross join lateral (values (0, 'open', first), (1, 'verified', last + {places}))
            as it (n, kind, visit)
        where it.n = 0 or not stands""",
    "occupancy": """
        insert into occupancy (organisation, accommodation_id, day, rooms_booked, people,
            children_under_three)
        select '{us}', id_of(1, n), date '2021-01-01' + month * 30, 4, 9, 1
        from generate_series(0, {places} - 1) as n, generate_series(0, 60) as month""",
    "notice": """
        insert into notice (organisation, id, accommodation_id, number, anomaly_ids, content,
            documents, issued_at, issued_by, request_digest)
        select '{us}', id_of(10, n), id_of(1, n % {places}), n, array[id_of(6, 0)], '{content}',
            '{{"fr.pdf": "x", "en.pdf": "x", "fr.html": "x", "en.html": "x"}}', moment_of(n * 25),
            'claire', ''
        from generate_series(0::bigint, {visits} / 25 - 1) as n""",
    "alert": """
        insert into alert (organisation, id, accommodation_id, source, source_id, state,
            dangers, raised_at, occurred_at, level)
        select '{us}', id_of(11, n), id_of(1, n % {places}), 'inspection', id_of(3, n * 50),
            'closed', '[]', moment_of(n * 50), moment_of(n * 50), 1
        from generate_series(0::bigint, {visits} / 50 - 1) as n""",
    "reinspection": """
        insert into reinspection (organisation, id, accommodation_id, see_by, reasons, proposed_at)
        select '{us}', id_of(12, n), id_of(1, n), '2026-01-15', '[]', '2026-01-01 09:00+00'
        from generate_series(0, {places} - 1, 6) as n""",
}


def write_record(database: TestDatabase, size: Size) -> None:
    """Write a record; every statement runs in the server, past row-level security."""
    sheet = files("inspections").joinpath("store/default_checklist.csv").read_bytes()
    items = list(parse_items(sheet))
    values = {
        "us": ORGANISATION,
        "places": size.places,
        "visits": size.visits,
        "findings": size.findings,
        "episode": EPISODE,
        "last_turn": VISITS_OF_A_PLACE - 1,
        "items": "{" + ",".join(it.code for it in items) + "}",
        "item_count": len(items),
        "categories": json.dumps({it.code: it.category for it in items}),
        "answers": json.dumps([{"item": it.code, "value": 0} for it in items]),
        "content": json.dumps(NOTICE_CONTENT),
    }
    with database.administer() as connection:
        # What refers to what is known to be there.
        connection.execute("set session_replication_role = replica")
        _run(connection, FUNCTIONS.format(**values))
        for statement in TABLES.values():
            _run(connection, statement.format(**values))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


def _run(connection: "psycopg.Connection[tuple[object, ...]]", statements: str) -> None:
    connection.execute(statements)


NOTICE_CONTENT = {
    "number": "2026-0001",
    "issued_on": "2026-01-05",
    "sender": "Association Toit pour tous",
    "signatory": "Claire",
    "operator": "SARL Étoile",
    "place": "Hôtel",
    "address": "12 rue des Lilas, 75011 Paris",
    "charter": None,
    "paragraphs": [],
}
