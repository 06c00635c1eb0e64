"""An archive is whole, its owner's alone, and nothing else is taken for one."""

import hashlib
import io
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.archive import ArchiveError, Manifest, checked, extract, writing
from shared.restore import restore

NOW = datetime(2026, 3, 2, tzinfo=UTC)
VERSIONS = {"ronde": "0.1.0", "postgres": "18.0"}
REVISION = {"inspections": "0001"}


def archive(folder: Path, *names: str, schemas: dict[str, str] = REVISION) -> Path:
    """Write an archive of small parts."""
    content, path = folder / "part", folder / "a.ronde"
    content.write_text("what is kept")
    with writing(path) as writer:
        for name in names:
            writer.add(name, content)
        writer.end(made_at=NOW, versions=VERSIONS, schemas=schemas)
    return path


def members(path: Path, *given: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a tar by hand."""
    with tarfile.open(path, "w") as file:
        for info, content in given:
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def sealed(text: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Give a manifest and its digest as members."""
    seal = hashlib.sha256(text).hexdigest().encode()
    return [(tarfile.TarInfo("manifest.json"), text), (tarfile.TarInfo("manifest.sha256"), seal)]


def test_what_was_written_is_read_again(tmp_path):
    path = archive(tmp_path, "files/a", "files/b/c")

    manifest = checked(path)
    extract(path, {"files/b/c": tmp_path / "out" / "c"})

    assert [it.name for it in manifest.parts] == ["files/a", "files/b/c"]
    assert (manifest.made_at, manifest.versions, manifest.schemas) == (NOW, VERSIONS, REVISION)
    assert (tmp_path / "out" / "c").read_text() == "what is kept"
    for file in (path, tmp_path / "out" / "c"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_that_cannot_be_finished_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError), writing(tmp_path / "a.ronde") as writer:
        writer.add("files/a", tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_every_byte_that_changed_is_noticed_or_harmless(tmp_path):
    path = archive(tmp_path, "files/a", "files/b")
    content, whole, refused = path.read_bytes(), checked(path), 0
    for place in [it for it in range(0, len(content), 53) if content[it]]:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            # What tar writes beside a part, such as the name of its owner, tells nothing.
            assert checked(path) == whole, place
        except ArchiveError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 1024, 2048, 3000, 3600])
def test_one_that_was_cut_off_is_refused(tmp_path, kept):
    path = archive(tmp_path, "files/a", "files/b")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArchiveError):
        checked(path)


@pytest.mark.parametrize("name", ["../out", "/etc/out", "files/../../out"])
def test_a_part_that_would_lie_elsewhere_is_refused(tmp_path, name):
    path = members(tmp_path / "a.ronde", (tarfile.TarInfo(name), b"x"))
    with pytest.raises(ArchiveError, match="nothing a backup holds"):
        checked(path)


def test_a_link_is_refused(tmp_path):
    link = tarfile.TarInfo("files/a")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = members(tmp_path / "a.ronde", (link, b""))
    with pytest.raises(ArchiveError, match="nothing a backup holds"):
        checked(path)


def test_a_part_more_or_less_than_the_manifest_tells_is_refused(tmp_path):
    text = Manifest(made_at=NOW, versions={}, schemas={}, parts=[]).model_dump_json().encode()
    path = members(tmp_path / "a.ronde", (tarfile.TarInfo("files/a"), b"x"), *sealed(text))
    with pytest.raises(ArchiveError, match=r"damaged: files/a"):
        checked(path)


def test_a_manifest_of_another_format_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="another version of Ronde"):
        checked(members(tmp_path / "a.ronde", *sealed(b'{"format": 2}')))


def test_a_manifest_that_was_changed_is_refused(tmp_path):
    manifest, _ = sealed(b'{"format": 1}')
    _, seal = sealed(b'{"format": 2}')
    with pytest.raises(ArchiveError, match="manifest is not whole"):
        checked(members(tmp_path / "a.ronde", manifest, seal))


@pytest.mark.parametrize(
    ("names", "schemas", "sentence"),
    [
        ((), {"inspections": "9999"}, "of a newer Ronde"),
        ((), {"kitchen": "0001"}, "of a newer Ronde"),
        (("databases/other.dump",), REVISION, "nothing a backup holds"),
        (("files/ronde.json",), REVISION, "nothing a backup holds"),
    ],
)
def test_what_is_not_known_here_is_not_restored(tmp_path, names, schemas, sentence):
    path = archive(tmp_path, *names, schemas=schemas)
    with pytest.raises(ArchiveError, match=sentence):
        restore(path, tmp_path / "new", None, lambda _share, _step: None)
    assert not (tmp_path / "new").exists()


def test_a_dump_that_is_none_leaves_nothing_behind(tmp_path):
    path = archive(tmp_path, "databases/inspections.dump")
    with pytest.raises(ArchiveError, match="pg_restore failed"):
        restore(path, tmp_path / "new", None, lambda _share, _step: None)
    assert not (tmp_path / "new").exists()
