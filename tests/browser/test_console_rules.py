"""What is looked at and how it weighs, changed in the console."""

import re

import pytest
import record
from console_demo import Demo, Visitor, await_score

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

HEAD = "code;category;scope;label_fr;label_en;weight;danger_at;photo_from;refs\n"
GOOD = "lift_broken;daily_life;common_parts;Ascenseur en panne;Lift out of order;2;0;1;\n"
WRONG = "lift_broken;daily_life;roof;Ascenseur en panne;Lift out of order;9;0;1;\n"


def test_a_checklist_is_checked_taken_and_published(administrator: Visitor, demo: Demo):
    administrator.open("#/rules")
    part = administrator.page.locator(".part:has(h2:text('Nouvelle version'))")
    form = part.locator("form")
    form.get_by_label("Code").fill("residences")
    form.get_by_label("Titre en français").fill("Résidences")
    form.get_by_label("Titre en anglais").fill("Residences")

    def send(text: str) -> None:
        file = {"name": "items.csv", "mimeType": "text/csv", "buffer": (HEAD + text).encode()}
        form.get_by_label("Fichier").set_input_files(file)
        form.get_by_role("button", name="Envoyer").click()

    send(WRONG)
    wrong = form.locator(".trouble li")
    wrong.first.wait_for()
    assert [("scope" in it, "weight" in it) for it in wrong.all_inner_texts()] == [
        (True, False),
        (False, True),
    ]
    refused = [it for it in administrator.troubles if "422" in it]
    assert administrator.troubles == refused
    administrator.troubles.clear()
    send(GOOD)
    form.get_by_text("ce serait la version 1").wait_for()
    assert demo.ask("/checklists", code="residences")["items"] == []
    form.get_by_label("Vérifier seulement").uncheck()
    send(GOOD)
    row = administrator.page.locator("tr", has_text="residences")
    row.get_by_text("brouillon", exact=True).wait_for()
    row.get_by_role("button", name="Publier").click()
    row.get_by_text("publiée", exact=True).wait_for()
    row.get_by_text("Voir les points").click()
    row.get_by_text("Ascenseur en panne").wait_for()
    with administrator.page.expect_download() as saved:
        row.get_by_role("button", name="Enregistrer en CSV").click()
    assert "lift_broken" in saved.value.path().read_text()
    (known,) = demo.ask("/checklists", code="residences")["items"]
    assert (known["version"], known["state"]) == (1, "published")


def test_weights_are_tried_before_they_are_kept(administrator: Visitor, demo: Demo):
    administrator.open("#/rules")
    part = administrator.page.locator(".part:has(h2:text('Poids des priorités'))")
    before = demo.ask("/priority-policies/current")
    part.get_by_label("Ce qu’ajoute le plus long retard").fill("10")
    part.get_by_role("button", name="Voir qui changerait").click()
    told = part.get_by_text("monteraient").inner_text()
    places, up, down = (int(it) for it in re.findall(r"\d+", told))
    assert places >= up + down > 0
    assert part.locator("tbody tr").count() == min(20, up + down)
    assert demo.ask("/priority-policies/current") == before
    part.get_by_label("Raison").fill("l'hiver vient")
    part.get_by_role("button", name="Garder ces poids").click()
    part.get_by_text("Version 1 : l'hiver vient").wait_for()
    kept = demo.ask("/priority-policies/current")
    assert kept["weights"] == before["weights"] | {"overdue_weight": 10}
    demo.client.put(
        "/v1/priority-policies/current",
        json=before["weights"] | {"reason": "as before"},
        headers={"If-Match": '"1"'},
    ).raise_for_status()


def test_a_changed_place_shows_what_changed_who_did_it_and_why(administrator: Visitor, demo: Demo):
    made = demo.client.post("/v1/accommodations", json=record.accommodation(993))
    place = made.raise_for_status().json()
    demo.client.put(
        f"/v1/accommodations/{place['id']}",
        json=record.accommodation(993, operator="Chaîne Neuve"),
        headers={"If-Match": made.headers["ETag"], "Change-Reason": "rachat"},
    ).raise_for_status()
    await_score(demo, place["id"])
    administrator.open(f"#/places/{place['id']}")
    row = administrator.page.locator(".part:has(h2:text('Fiche du lieu')) tbody tr").first
    row.get_by_text("rachat").wait_for()
    row.get_by_text("Voir ce qui change").click()
    row.get_by_text("Chaîne Neuve").wait_for()
