"""Blobs: bytes come back under the name of what is in them."""

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
