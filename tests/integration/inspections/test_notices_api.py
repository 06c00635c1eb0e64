"""Notices to operators: what they cite and show, their documents, receipt and answer."""

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from place_story import DAY, FIVE, charter, notify


async def test_a_notice_cites_what_bound_the_operator_and_names_rooms_only_for_repairs(story):
    await charter(story, "1.0", "2015-05-01", "art. 3")
    await charter(story, "1.1", "2026-01-15", "art. 4")
    await charter(story, "2.0", "2026-03-03", "art. 5")
    await charter(story, "3.0", None, "art. 6")
    await story.inspect(*FIVE, ("conduct", 2, None), ("ceiling_height", 2, "7"))
    await story.days_pass(5)
    notice = await notify(story)
    content = notice["content"]
    said = {it["item"]: it for it in content["paragraphs"]}
    rules = {item: [rule["name"] for rule in it["rules"]] for item, it in said.items()}

    assert content["number"] == "2026-0001"
    assert content["operator"] == "SARL Étoile"
    assert content["charter"] == "Charte qualité (1.1)"
    assert "conduct" not in said
    assert rules["bedding"] == ["Charte qualité (1.1), art. 4"]
    assert rules["ceiling_height"] == ["Décret 2002-120, article 4"]
    assert rules["mould"] == ["CSP R1331-44"]
    assert (said["mould"]["rooms"], said["mould"]["other_rooms"]) == (["12"], 0)
    assert (said["bedding"]["rooms"], said["bedding"]["other_rooms"]) == ([], 1)
    states = {item: it["state"] for item, it in (await story.anomalies()).items()}
    assert states.pop("conduct") == "open"
    assert set(states.values()) == {"notified"}
    await story.post(
        "/v1/notices",
        409,
        accommodation_id=story.place,
        sender="x",
        anomaly_ids=[(await story.anomalies())["conduct"]["id"]],
    )


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_documents_of_a_notice_are_a_page_a_person_can_read(story, tmp_path, language):
    await story.inspect(*FIVE, ("gas_co", 4, None))
    await story.days_pass(15)
    notice = await notify(story)
    path = f"/v1/notices/{notice['id']}/document"
    pdf = await story.client.get(path, params={"language": language})
    again = await story.client.get(path, params={"language": language, "format": "pdf"})
    html = await story.client.get(path, params={"language": language, "format": "html"})
    text = read_pdf(pdf.content, tmp_path)

    words = {
        "fr": ("danger", "Chambre 12", "Délai dépassé", "Punaises de lit", "2 mars 2026"),
        "en": ("danger", "Room 12", "Overdue", "Bed bugs", "2 March 2026"),
    }[language]
    for word in (*words, "SARL Étoile", "Association Toit pour tous", notice["content"]["number"]):
        assert word in text
        assert word.replace("'", "&#39;") in html.text
    assert "room 7" not in text.lower()
    assert pdf.headers["content-type"] == "application/pdf"
    assert "default-src 'none'" in html.headers["content-security-policy"]
    assert pdf.content == again.content


async def test_what_a_notice_says_is_text_and_never_markup(story, tmp_path):
    sender = "<script>alert(1)</script> #strong[x] $y$ \\"
    await story.inspect(("drains", 2, None))
    notice = await story.post("/v1/notices", accommodation_id=story.place, sender=sender)
    path = f"/v1/notices/{notice['id']}/document"
    html = (await story.client.get(path, params={"format": "html"})).text
    pdf = (await story.client.get(path)).content

    assert "<script>" not in html
    assert "#strong[x] $y$ \\" in read_pdf(pdf, tmp_path)


def read_pdf(content: bytes, folder: Path) -> str:
    """Read the text of a PDF the way a viewer does."""
    file = folder / "notice.pdf"
    file.write_bytes(content)
    try:
        told = subprocess.run(
            ["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    return told.stdout


async def test_a_notice_sent_again_with_its_key_is_one_notice(story):
    await story.inspect(("drains", 2, None))
    body = {"accommodation_id": story.place, "sender": "Toit"}
    headers = {"Idempotency-Key": "notice-1"}
    first = await story.client.post("/v1/notices", json=body, headers=headers)
    again = await story.client.post("/v1/notices", json=body, headers=headers)
    other = await story.client.post("/v1/notices", json=body | {"sender": "Autre"}, headers=headers)
    listed = (await story.get("/v1/notices"))["items"]

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 422)
    assert listed == [first.json()] == [again.json()]


async def test_receipt_and_answer_are_kept_once_and_in_time(story):
    await story.inspect(("drains", 2, None))
    notice = await notify(story)
    path = f"/v1/notices/{notice['id']}"
    early = (story.now - DAY).isoformat()
    await story.post(f"{path}/receipt", 422, received_at=early, means="hand")
    at = story.now.isoformat()
    await story.post(f"{path}/receipt", 200, received_at=at, means="hand")
    await story.post(f"{path}/receipt", 200, received_at=at, means="hand")
    await story.post(f"{path}/receipt", 409, received_at=at, means="letter")
    strange = [{"anomaly_id": str(uuid4())}]
    answer = {"answered_at": at, "means": "phone", "text": "Soon."}
    await story.post(f"{path}/answer", 422, **answer, claims=strange)
    await story.post(f"{path}/answer", 200, **answer)
    kept = await story.post(f"{path}/answer", 200, **answer)

    assert [it["kind"] for it in kept["steps"]] == ["received", "answered"]
    assert [len(await story.told(f"notice.{it}")) for it in ("received", "answered")] == [1, 1]
    await story.post(f"/v1/notices/{uuid4()}/receipt", 404, received_at=at, means="hand")


async def test_what_was_promised_is_never_edited(story):
    await charter(story, "1.0", "2015-05-01", "art. 3")
    (kept,) = await story.get("/v1/charters")
    path = f"/v1/charters/{kept['id']}/acceptances"
    same = {name: kept[name] for name in ("code", "version", "title", "in_force_from", "articles")}
    await story.post("/v1/charters", 200, **same)
    await story.post("/v1/charters", 409, **same | {"title": "Autre"})
    await story.post(path, 409, operator="SARL Étoile", accepted_on="2016-01-01")
    await story.post(path, 422, operator="Autre", accepted_on="1816-01-01")
    await story.post(
        f"/v1/charters/{uuid4()}/acceptances", 404, operator="x", accepted_on="2016-01-01"
    )

    assert [it["accepted_on"] for it in await story.get(path)] == ["2015-05-01"]


async def test_a_charter_binds_the_operator_whatever_he_is_called(story):
    await charter(story, "1.0", "2015-05-01", "art. 3")
    (operator,) = (await story.get("/v1/operators"))["items"]
    path = f"/v1/operators/{operator['id']}"
    read = await story.client.get(path)
    renamed = await story.client.put(
        path, json={"name": "Étoile et fils"}, headers={"If-Match": read.headers["etag"]}
    )
    assert renamed.status_code == 200, renamed.text
    other = await story.post(
        "/v1/accommodations",
        external_id="H2",
        name="Another hotel",
        postcode="75011",
        city="Paris",
        rooms=5,
        operator="SARL Étoile",
    )
    (accepted,) = (await story.get("/v1/charters"))[0:1]
    acceptances = f"/v1/charters/{accepted['id']}/acceptances"
    said = {"operator": "Étoile et fils", "accepted_on": "2015-05-01"}
    again = await story.post(acceptances, 200, **said)
    await story.post(acceptances, 409, operator="SARL Étoile", accepted_on="2015-05-01")

    await story.inspect(("bedding", 2, "7"))
    bound = await notify(story)
    story.place = str(other["id"])
    await story.inspect(("bedding", 2, "7"))
    unbound = await notify(story)

    assert again["operator"] == "SARL Étoile"
    assert bound["content"]["charter"] == "Charte qualité (1.0)"
    assert unbound["content"]["charter"] is None
