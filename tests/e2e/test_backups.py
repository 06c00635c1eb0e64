"""A Ronde is backed up while it is served and while it is not, and restored elsewhere."""

import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import record
from commands import begun, run
from first_admin import let_in, signed_in, verified
from system import System, new_system

NAME, PHONE = "Zoé Quatrepommes", "06 12 34 56 78"
TABLE = b"remarque\nchauffage en panne\n"


@dataclass
class Kept:
    """A Ronde with a place, a file and a complaint, and the backup made of it then."""

    system: System
    archive: Path
    said: dict[str, object]
    place: str
    file: str
    complaint: str


def made(client: httpx.Client, path: str, **sent: object) -> str:
    answer = client.post(path, **sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder the database's own user can reach, its path short."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made_up:
        Path(made_up).chmod(0o711)
        yield Path(made_up)


@pytest.fixture(scope="module")
def kept(folder: Path) -> Iterator[Kept]:
    with new_system(demo=False) as system:
        let_in(system)
        with signed_in(system) as client:
            place = made(client, "/v1/accommodations", json=record.accommodation(1))
            complaint = {
                "accommodation_id": place,
                "source": "family",
                "text": f"Froid la nuit, dit {NAME}",
                "contact": {"name": NAME, "phone": PHONE},
            }
            complained = made(client, "/v1/complaints", json=complaint)
            sent = made(client, "/v1/import-files", content=TABLE)

            archive = folder / "first.ronde"
            ran = run("backup", "make", archive, "--directory", system.directory, "--json")
            assert ran.returncode == 0, ran.stderr
            said = json.loads(ran.stdout)

            made(client, "/v1/accommodations", json=record.accommodation(2))
            purge = {"reason": "asked for it"}
            client.post(f"/v1/complaints/{complained}/author-purge", json=purge).raise_for_status()
        yield Kept(system, archive, said, place, sent, complained)


def text_of(client: httpx.Client, complaint: str) -> str:
    return str(client.get(f"/v1/complaints/{complaint}").raise_for_status().json()["text"])


def test_what_was_there_is_there_again_and_who_was_purged_since_is_not(kept: Kept, folder: Path):
    new = folder / "new"

    ran = run(
        "backup", "restore", kept.archive, "--directory", new, "--purges-of", kept.system.directory
    )
    assert ran.returncode == 0, ran.stderr
    assert "later purges: 1" in ran.stdout
    other = System(new, demo=False)
    try:
        other.start()
        with signed_in(other) as client:
            places = client.get("/v1/accommodations").raise_for_status().json()["items"]
            assert [it["id"] for it in places] == [kept.place]
            file = client.get(f"/v1/import-files/{kept.file}").raise_for_status().json()
            assert file["rows"] == 1
            until = time.monotonic() + 60
            while NAME in text_of(client, kept.complaint):
                assert time.monotonic() < until, "the purge was not done again"
                time.sleep(0.5)
            verified(other, client)
            # What is entered now has an event of its own: no position was given out twice.
            made(client, "/v1/accommodations", json=record.accommodation(3))
    finally:
        other.stop()
    secret = (new / "key-secret.json").stat()
    assert stat.S_IMODE(secret.st_mode) == 0o600
    assert not (new / "restoring").exists()


def test_the_archive_is_its_owners_alone_and_says_what_it_holds(kept: Kept):
    assert stat.S_IMODE(kept.archive.stat().st_mode) == 0o600
    assert kept.said["bytes"] == kept.archive.stat().st_size
    assert set(kept.said["schemas"]) == {"inspections", "scoring", "routing", "gateway"}
    assert kept.said["versions"]["postgres"].startswith("18")
    assert kept.said["files"] >= 2
    assert list(kept.archive.parent.glob(".*")) == []
    # What services show each other is made anew: a copy must not speak for those that run.
    assert b"service-secrets" not in kept.archive.read_bytes()


@pytest.mark.parametrize("damage", ["flipped", "cut", "none at all"])
def test_a_damaged_archive_is_refused_and_nothing_is_written(kept: Kept, folder: Path, damage: str):
    content = bytearray(kept.archive.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 1
    damaged = folder / "damaged.ronde"
    damaged.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    if damage == "none at all":
        damaged.write_text("hello")
    new = folder / "of-damaged"

    ran = run("backup", "restore", damaged, "--directory", new, "--no-later-purges")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "nothing was restored" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not new.exists()


def test_nothing_is_restored_over_data_nor_without_a_word_on_purges(kept: Kept, folder: Path):
    new = folder / "another"

    over = run(
        "backup", "restore", kept.archive, "--no-later-purges", "--directory", kept.system.directory
    )
    silent = run("backup", "restore", kept.archive, "--directory", new)
    no_ronde = run("backup", "restore", kept.archive, "--directory", new, "--purges-of", folder)

    assert (over.returncode, "has data; name a new directory" in over.stderr) == (1, True)
    assert (silent.returncode, "--purges-of" in silent.stderr) == (2, True)
    assert (no_ronde.returncode, "is no data directory" in no_ronde.stderr) == (1, True)
    assert not new.exists()


def test_a_restore_that_was_killed_is_not_served(kept: Kept, folder: Path):
    cut = folder / "cut"
    words = ("backup", "restore", kept.archive, "--directory", cut, "--no-later-purges")
    restoring = begun(*words)
    until = time.monotonic() + 60
    while not (cut / "postgres").exists():
        assert restoring.poll() is None
        assert time.monotonic() < until, "it does not begin"
        time.sleep(0.01)
    restoring.kill()
    restoring.wait()

    served = run("serve", "--port", 0, "--directory", cut)
    again = run(*words)

    assert served.returncode == 1
    assert "is not whole; remove the directory and restore it again" in served.stderr
    assert (again.returncode, "has data; name a new directory" in again.stderr) == (1, True)


def test_a_backup_is_not_made_of_nothing_nor_over_another(kept: Kept, folder: Path):
    before = kept.archive.read_bytes()

    nothing = run("backup", "make", folder / "nothing.ronde", "--directory", folder)
    over = run("backup", "make", kept.archive, "--directory", kept.system.directory)
    nowhere = run("backup", "make", folder / "not" / "there.ronde")

    assert (nothing.returncode, "there is no Ronde in" in nothing.stderr) == (1, True)
    assert (over.returncode, "is there already" in over.stderr) == (1, True)
    assert (nowhere.returncode, "there is no folder" in nowhere.stderr) == (2, True)
    assert kept.archive.read_bytes() == before
    assert not (folder / "nothing.ronde").exists()


def test_what_is_not_served_is_backed_up_too(kept: Kept, folder: Path):
    """The last test: it ends the system of the others."""
    kept.system.stop()
    archive, new = folder / "second.ronde", folder / "second"

    done = run("backup", "make", archive, "--directory", kept.system.directory, "--json")
    back = run("backup", "restore", archive, "--directory", new, "--no-later-purges", "--json")

    assert done.returncode == 0, done.stderr
    assert back.returncode == 0, back.stderr
    # The purge is in it: one file more than before.
    purges = [it for it in (new / "blobs").rglob("*.json") if "purges" in it.parts]
    assert len(purges) == 1
    assert json.loads(back.stdout)["schemas"] == json.loads(done.stdout)["schemas"]
    shutil.rmtree(new)
    assert not os.path.lexists(kept.system.directory / "ronde.json")
