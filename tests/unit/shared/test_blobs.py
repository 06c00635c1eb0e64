"""Blobs: bytes come back under the name of what is in them."""

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
