"""Blobs: bytes come back under the name of what is in them."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.blobs import Blobs


def test_what_is_put_is_got_back(tmp_path: Path) -> None:
    blobs = Blobs(f"file://{tmp_path}/store")
    name = blobs.put(b"content")
    assert blobs.get(name) == b"content"
    assert blobs.put(b"content") == name
    assert blobs.folder == tmp_path / "store"


def test_what_was_never_put_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Blobs(f"file://{tmp_path}").get("0" * 64)


def test_a_store_that_is_not_local_has_no_folder() -> None:
    assert Blobs("memory://store").folder is None


def test_a_file_is_stored_under_the_name_of_its_bytes_and_read_piece_by_piece(tmp_path):
    blobs = Blobs(f"file://{tmp_path}/store")
    path = tmp_path / "big"
    path.write_bytes(b"stone" * 1000)
    assert blobs.put_file(path) == blobs.put(b"stone" * 1000)
    with blobs.open(blobs.put_file(path)) as opened:
        assert opened.read(5) == b"stone"


def test_threads_store_at_once_without_losing_a_file(tmp_path):
    blobs = Blobs(f"file://{tmp_path}/store")
    contents = [bytes([n]) * 5000 for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(blobs.put, contents))
    assert [blobs.get(name) for name in names] == contents


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_local_file_gets_its_name_from_one_beside_it_that_is_whole_and_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        steps.append(f"fsync of {os.fstat(descriptor).st_size} bytes")
        fsync(descriptor)

    def note_replace(source: Path, target: Path) -> None:
        steps.append("replace" if Path(source).parent == Path(target).parent else "copy")
        replace(source, target)

    monkeypatch.setattr("os.fsync", note_fsync)
    monkeypatch.setattr("os.replace", note_replace)
    name = Blobs(f"file://{tmp_path}/store").put(b"stone" * 1000)
    assert steps == ["fsync of 5000 bytes", "replace"]
    assert files(tmp_path) == [tmp_path / "store" / name[:2] / name]


@pytest.mark.parametrize("step", ["shutil.copyfileobj", "os.fsync", "os.replace", "shutil.move"])
def test_a_put_that_breaks_off_leaves_nothing_that_a_later_one_would_take_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    blobs = Blobs(f"file://{tmp_path}/store")

    def break_off(source: object, target: object = None, *_: object) -> None:
        # What a copy across file systems does until it is killed.
        for it in (source, target):
            if isinstance(it, str) and it.startswith(str(tmp_path)):
                Path(it).write_bytes(b"st")
        raise OSError("no space left on the device")

    with monkeypatch.context() as patch:
        patch.setattr(step, break_off)
        with contextlib.suppress(OSError):
            blobs.put(b"stone" * 1000)
    assert [path.read_bytes() for path in files(tmp_path) if path.stat().st_size < 5000] == []
    assert blobs.get(blobs.put(b"stone" * 1000)) == b"stone" * 1000
    assert len(files(tmp_path)) == 1


def test_an_object_store_keeps_files_too() -> None:
    blobs = Blobs("memory://blobs-of-a-test")
    name = blobs.put(b"content")
    assert blobs.put(b"content") == name
    assert blobs.get(name) == b"content"


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_what_is_removed_is_gone_and_removing_it_again_is_harmless(
    tmp_path: Path, scheme: str
) -> None:
    blobs = Blobs(f"{scheme}://{tmp_path}/store")
    name = blobs.put(b"a face")

    assert (blobs.remove(name), blobs.remove(name)) == (True, False)
    with pytest.raises(FileNotFoundError):
        blobs.get(name)
