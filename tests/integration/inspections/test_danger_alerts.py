"""A danger on a Friday evening: somebody is paged until somebody answers, all of it kept."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aiosmtpd.smtp import SMTP, AuthResult
from danger_evening import FRIDAY_18_00, MINUTE, Evening

from inspections.api.clock import current_moment
from shared.contracts.inspections.alerts import AlertChanged
from shared.mail import MailServer
from shared.testing import token

EVENING = [
    ("raised", None),
    ("paged", 1),
    ("escalated", 2),
    ("paged", 2),
    ("escalated", 3),
    ("paged", 3),
    ("escalated", 3),
    ("paged", 1),
    ("paged", 2),
    ("paged", 3),
    ("acknowledged", None),
    ("closed", None),
]
MINUTES = [0, 0, 30, 30, 60, 60, 90, 90, 90, 90, 100, 700]


async def test_a_danger_on_friday_at_18_is_escalated_until_somebody_answers(evening):
    await evening.on_call(1, "astreinte@example.org", territory="93")
    await evening.on_call(2, "chef@example.org")
    await evening.on_call(3, "direction@example.org")
    ars = {"kind": "health_agency", "name": "ARS 93", "phone": "01 41 60 70 00"}
    await evening.post("/v1/authority-contacts", territory="93", **ars)
    await evening.post("/v1/authority-contacts", territory="75", **ars)

    # 18:00: gas is smelt. The first person is paged at once, and nobody answers.
    inspection = await evening.inspect(("gas_co", 3), ("leak", 2))
    await evening.pass_time(1)
    (alert,) = await evening.alerts()
    assert evening.mailbox.recipients() == ["astreinte@example.org"]
    assert (alert["state"], alert["level"]) == ("raised", 1)
    assert [it["item"] for it in alert["dangers"]] == ["gas_co"]
    await evening.pass_time(28)
    assert len(evening.mailbox.mails) == 1

    # 18:30: the second level, 19:00: the third, 19:30: everybody again.
    await evening.pass_time(1)
    assert evening.mailbox.recipients()[1:] == ["chef@example.org"]
    await evening.pass_time(30)
    assert evening.mailbox.recipients()[2:] == ["direction@example.org"]
    await evening.pass_time(30)
    assert len(evening.mailbox.mails) == 6

    # 19:40: somebody answers; nobody is paged any more.
    await evening.pass_time(10)
    answered = await evening.post(
        f"/v1/alerts/{alert['id']}/acknowledgement", 200, note="Gas is cut, on my way."
    )
    await evening.pass_time(600)
    await evening.post(f"/v1/alerts/{alert['id']}/closure", 200, note="Boiler sealed.")
    account = await evening.account(alert["id"])
    assert answered["next_page_at"] is None
    assert len(evening.mailbox.mails) == 6

    # All of it is in the record, and told.
    levels = [(it["kind"], it["level"]) for it in account["steps"]]
    assert levels == EVENING
    at = [datetime.fromisoformat(it["occurred_at"]) for it in account["steps"]]
    assert [(it - FRIDAY_18_00) // MINUTE for it in at] == MINUTES
    assert account["alert"]["source_id"] == inspection["id"]
    assert [it["name"] for it in account["contacts"]][:2] == ["ARS 93", "Numéro d'urgence européen"]
    told = await evening.told()
    assert [it["kind"] for it in told] == [
        "alert.raised",
        *["alert.escalated"] * 3,
        "alert.acknowledged",
        "alert.closed",
    ]
    assert {AlertChanged.model_validate(it["data"]).territory for it in told} == {"93"}
    assert "example.org" not in str(told)


async def test_the_mail_says_what_is_dangerous_where_and_how_to_answer(evening):
    await evening.on_call(1, "astreinte@example.org")
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)
    (alert,) = await evening.alerts()
    (sent,) = evening.mailbox.mails
    text = sent.get_content()

    assert sent["Subject"] == "[Ronde] Danger : Hôtel de l'Étoile (93)"
    assert "12 rue des Lilas, 93200 Saint-Denis" in text
    assert "06/03/2026 18:00" in text
    assert "gas_co (4/4)" in text
    assert f"/v1/alerts/{alert['id']}" in text


async def test_a_confidential_address_does_not_travel_by_mail(evening):
    await evening.hide_address()
    await evening.on_call(1, "astreinte@example.org")
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)

    assert "rue des Lilas" not in evening.mailbox.mails[0].get_content()


async def test_an_old_mail_tells_no_address_that_has_become_confidential(evening):
    await evening.on_call(1, "astreinte@example.org")
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)
    assert "rue des Lilas" in (await evening.client.get("/v1/mails")).text

    await evening.hide_address()

    assert "rue des Lilas" not in (await evening.client.get("/v1/mails")).text
    signed = token("manager", "keeper", organisation=evening.organisation)
    keeper = {"Authorization": f"Bearer {signed}"}
    assert "rue des Lilas" in (await evening.client.get("/v1/mails", headers=keeper)).text


async def test_one_danger_is_paged_about_once_however_often_it_is_told(evening):
    await evening.on_call(1, "astreinte@example.org")
    form = {"instance_id": str(uuid4())}
    first = await evening.inspect(("gas_co", 4), **form)
    again = await evening.client.post(
        "/v1/inspections",
        json={
            "instance_id": form["instance_id"],
            "accommodation_id": evening.place,
            "occurred_at": evening.now.isoformat(),
            "answers": [{"item": "gas_co", "value": 4}],
        },
    )
    await evening.pass_time(5)
    # Seen again while it is still open: it is known. Worse elsewhere: that is new.
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(5)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert len(await evening.alerts()) == 1
    await evening.inspect(("alarm", 3))
    await evening.pass_time(1)

    assert len(await evening.alerts()) == 2
    assert len(evening.mailbox.mails) == 2


async def complain(evening: Evening, **values: object) -> str:
    told = {"source": "social_worker", "item": "gas_co", "severity": 4, "text": "It smells of gas"}
    where = {"accommodation_id": evening.place}
    told |= {"occurred_at": evening.now.isoformat()} | where | values
    answer = await evening.post("/v1/complaints", **told)
    return f"/v1/complaints/{answer['id']}"


async def triage(evening: Evening, path: str, **values: object) -> None:
    read = await evening.client.get(path)
    answer = await evening.client.patch(
        path, json=values, headers={"If-Match": read.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text


async def test_a_severe_complaint_pages_once_however_often_it_is_told(evening):
    await evening.on_call(1, "astreinte@example.org")
    sent = {"external_id": "115-1", "occurred_at": evening.now.isoformat()}
    path = await complain(evening, **sent)
    await evening.client.post(
        "/v1/complaints",
        json={"source": "social_worker", "item": "gas_co", "severity": 4}
        | {"text": "It smells of gas", "accommodation_id": evening.place, **sent},
    )
    await triage(evening, path, severity=4, verdict="verified")
    await evening.pass_time(1)

    (alert,) = await evening.alerts()
    assert (alert["source"], alert["source_id"]) == ("complaint", path.rpartition("/")[2])
    assert [(it["item"], it["severity"]) for it in alert["dangers"]] == [("gas_co", 4)]
    assert [it["kind"] for it in await evening.told()] == ["alert.raised"]
    (mail,) = evening.mailbox.mails
    body = mail.get_content()
    assert "gas_co (4/4)" in body
    assert "Complained of, not seen yet" in body
    assert "smells" not in body


async def test_a_complaint_triaged_as_severe_pages_even_when_it_is_old(evening):
    await evening.on_call(1, "astreinte@example.org")
    old = (evening.now - timedelta(days=9)).isoformat()
    known_late = await complain(evening, severity=2, occurred_at=old)
    imported = await complain(evening, occurred_at=old)
    assert await evening.alerts() == []

    await triage(evening, known_late, severity=4)
    await triage(evening, imported, reason="Nobody is paged for what is long past")
    await evening.pass_time(1)

    (alert,) = await evening.alerts()
    assert alert["source_id"] == known_late.rpartition("/")[2]
    assert evening.mailbox.recipients() == ["astreinte@example.org"]


async def test_a_severe_complaint_of_an_unknown_place_pages_once_it_is_placed(evening):
    await evening.on_call(1, "astreinte@example.org", territory="93")
    elsewhere = {"accommodation_id": None, "place": "Hotel of the station", "item": "Gaz chez X"}
    path = await complain(evening, **elsewhere)
    unfounded = await complain(evening, **elsewhere)
    assert await evening.alerts() == []

    await triage(evening, path, accommodation_id=evening.place)
    await triage(evening, unfounded, accommodation_id=evening.place, verdict="unfounded")
    await evening.pass_time(1)

    (alert,) = await evening.alerts()
    assert [it["item"] for it in alert["dangers"]] == ["complaint"]
    assert evening.mailbox.recipients() == ["astreinte@example.org"]


async def test_history_told_late_pages_nobody(evening):
    await evening.on_call(1, "astreinte@example.org")
    old = (evening.now - timedelta(days=8)).isoformat()
    await evening.inspect(("gas_co", 4), occurred_at=old)
    await evening.pass_time(1)

    assert await evening.alerts() == []


async def test_when_nobody_is_on_call_it_is_written_down_and_tried_again(evening):
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)
    (alert,) = await evening.alerts()
    assert (alert["level"], alert["state"]) == (0, "raised")
    assert [it["kind"] for it in (await evening.account(alert["id"]))["steps"]] == [
        "raised",
        *["nobody_on_call"] * 3,
    ]

    await evening.on_call(2, "chef@example.org")
    await evening.pass_time(30)

    assert evening.mailbox.recipients() == ["chef@example.org"]
    assert (await evening.alerts())[0]["level"] == 2


async def test_without_a_mail_server_pages_are_kept_where_they_can_be_read(evening):
    await evening.on_call(1, "astreinte@example.org")
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1, sends=False)
    (alert,) = await evening.alerts()
    (kept,) = (await evening.client.get("/v1/mails", params={"about": alert["id"]})).json()
    # A server found later does not send what is old by then.
    await evening.pass_time(10)

    assert (kept["state"], kept["recipient"]) == ("kept", "astreinte@example.org")
    assert "gas_co" in kept["body"]
    assert evening.mailbox.mails == []


async def test_a_server_that_is_away_gets_the_mail_when_it_is_back(evening):
    await evening.on_call(1, "astreinte@example.org")
    evening.mailbox.refuses = True
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)
    (waiting,) = (await evening.client.get("/v1/mails")).json()
    evening.mailbox.refuses = False
    await evening.pass_time(5)
    (sent,) = (await evening.client.get("/v1/mails")).json()
    await evening.pass_time(5)

    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    assert "451" in waiting["last_error"]
    assert (sent["state"], sent["attempts"]) == ("sent", 2)
    assert evening.mailbox.recipients() == ["astreinte@example.org"]
    assert str(evening.mailbox.mails[0]["Message-ID"]) == f"<{sent['id']}@example.org>"


async def test_a_password_is_never_sent_in_clear(evening):
    passwords: list[object] = []

    def authenticate(_server, _session, _envelope, _mechanism, told) -> AuthResult:
        passwords.append(told)
        return AuthResult(success=True)

    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(
            evening.mailbox,
            hostname="localhost",
            authenticator=authenticate,
            auth_require_tls=False,
        ),
        "127.0.0.1",
        0,
    )
    port = smtp.sockets[0].getsockname()[1]
    account = "ronde:secret"
    evening.server = MailServer(f"smtp://{account}@127.0.0.1:{port}", "ronde@example.org")
    await evening.on_call(1, "astreinte@example.org")
    await evening.inspect(("gas_co", 4))
    await evening.pass_time(1)
    smtp.close()
    await smtp.wait_closed()

    (waiting,) = (await evening.client.get("/v1/mails")).json()
    assert (waiting["state"], passwords, evening.mailbox.mails) == ("waiting", [], [])
    assert "no TLS" in waiting["last_error"]
    assert "secret" not in waiting["last_error"]


async def test_the_first_answer_stands_and_only_an_answered_alert_is_closed(evening):
    await evening.inspect(("gas_co", 4))
    (alert,) = await evening.alerts()
    early = await evening.client.post(f"/v1/alerts/{alert['id']}/closure", json={})
    for note in ("I go", "So do I"):
        await evening.post(f"/v1/alerts/{alert['id']}/acknowledgement", 200, note=note)
    for note in ("Done", "Done twice"):
        await evening.post(f"/v1/alerts/{alert['id']}/closure", 200, note=note)
    steps = (await evening.account(alert["id"]))["steps"]

    assert early.status_code == 409
    assert [it["note"] for it in steps if it["done_by"]] == ["I go", "Done"]


async def test_shifts_and_contacts_are_refused_by_name_and_taken_back(evening):
    times = {"starts_at": "2026-03-06T18:00:00Z", "ends_at": "2026-03-06T17:00:00Z"}
    shift = {"level": 1, "name": "x", "email": "x@example.org"}
    backwards = await evening.client.post("/v1/on-call-shifts", json=shift | times)
    no_mail = await evening.client.post(
        "/v1/on-call-shifts", json=shift | times | {"email": "x@y\r\nBcc: z"}
    )
    unreachable = await evening.client.post(
        "/v1/authority-contacts", json={"kind": "mayor", "name": "Mairie"}
    )
    await evening.on_call(1, "astreinte@example.org")
    await evening.post("/v1/authority-contacts", kind="mayor", name="Mairie", phone="01 00")
    (listed,) = (await evening.client.get("/v1/on-call-shifts")).json()
    contacts = (await evening.client.get("/v1/authority-contacts")).json()
    gone = [
        (await evening.client.delete(f"/v1/{path}/{id}")).status_code
        for path, id in (
            ("on-call-shifts", listed["id"]),
            ("on-call-shifts", listed["id"]),
            ("authority-contacts", contacts[0]["id"]),
            ("authority-contacts", contacts[0]["id"]),
        )
    ]

    assert [it.status_code for it in (backwards, no_mail, unreachable)] == [422, 422, 422]
    assert "email" in no_mail.json()["errors"][0]["pointer"]
    assert contacts[0]["territory"] is None
    assert gone == [204, 404, 204, 404]
    assert (await evening.client.get(f"/v1/alerts/{uuid4()}")).status_code == 404
    absent = await evening.client.post(f"/v1/alerts/{uuid4()}/acknowledgement", json={})
    assert absent.status_code == 404


async def test_an_alert_belongs_to_its_territory(evening):
    await evening.inspect(("gas_co", 4))
    claims = {"organisation": uuid4(), "territories": ["75"]}
    elsewhere = {"Authorization": f"Bearer {token(**claims)}"}
    shift = {
        "starts_at": FRIDAY_18_00.isoformat(),
        "ends_at": (FRIDAY_18_00 + timedelta(days=1)).isoformat(),
        "name": "x",
        "email": "x@example.org",
    }
    listed = await evening.client.get("/v1/alerts", headers=elsewhere)
    refused = await evening.client.post("/v1/on-call-shifts", json=shift, headers=elsewhere)

    assert listed.json()["items"] == []
    assert (refused.status_code, "territory" in refused.text) == (422, True)


def test_the_time_of_a_request_is_that_of_the_clock():
    before = datetime.now(UTC)
    assert before <= asyncio.run(current_moment()) <= datetime.now(UTC)
