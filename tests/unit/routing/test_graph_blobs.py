"""Road graphs travel as one packed blob and are unpacked once."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from routing.domain.lodgings import Lodgings
from routing.domain.road_network import RoadNetwork
from routing.domain.road_texts import RoadTexts
from routing.store.bundle import Bundle, BundleMeta, write_bundle
from routing.store.bundle_blobs import BundleBlobs


def directory(path, text="x"):
    path.mkdir()
    (path / "meta.json").write_text(text)
    return path


def test_a_graph_comes_back_as_it_was_put(tmp_path):
    bundles = BundleBlobs.at(f"file://{tmp_path}/blobs", None)
    name = bundles.put(directory(tmp_path / "graph", "hello"))
    assert bundles.path(name) == tmp_path / "blobs" / "unpacked" / name
    assert (bundles.path(name) / "meta.json").read_text() == "hello"


def test_equal_graphs_have_one_name(tmp_path):
    bundles = BundleBlobs.at(f"file://{tmp_path}/blobs", tmp_path / "cache")
    names = {bundles.put(directory(tmp_path / kind)) for kind in ("one", "two")}
    assert len(names) == 1


def test_readers_that_race_all_get_the_graph_and_leave_nothing_half_done(tmp_path):
    bundles = BundleBlobs.at(f"file://{tmp_path}/blobs", tmp_path / "cache")
    name = bundles.put(directory(tmp_path / "graph"))
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: bundles.path(name), range(8)))
    assert paths == {tmp_path / "cache" / name}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [name]


def test_a_reader_that_comes_second_takes_what_the_first_unpacked(tmp_path, monkeypatch):
    bundles = BundleBlobs.at(f"file://{tmp_path}/blobs", tmp_path / "cache")
    name = bundles.put(directory(tmp_path / "graph"))
    rename = Path.rename

    def after_another(self, target):
        monkeypatch.setattr(Path, "rename", rename)
        bundles.path(name)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", after_another)
    assert bundles.path(name) == tmp_path / "cache" / name
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [name]


def test_a_graph_that_was_never_stored_is_not_there(tmp_path):
    bundles = BundleBlobs.at(f"file://{tmp_path}/blobs", tmp_path / "cache")
    with pytest.raises(FileNotFoundError):
        bundles.path("0" * 64)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_store_that_is_not_local_is_unpacked_in_a_folder_of_our_own(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bundles = BundleBlobs.at("memory://graphs", None)
    assert bundles.folder.parent == tmp_path
    assert bundles.folder.stat().st_mode & 0o077 == 0
    name = bundles.put(directory(tmp_path / "graph", "far"))
    assert (bundles.path(name) / "meta.json").read_text() == "far"


def test_a_folder_another_user_made_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = BundleBlobs.at("memory://graphs", None).folder
    me = folder.stat().st_uid
    monkeypatch.setattr("os.getuid", lambda: me + 1)
    folder.rename(tmp_path / f"ronde-graphs-{me + 1}")
    with pytest.raises(PermissionError, match="set ROUTING_CACHE_DIR"):
        BundleBlobs.at("memory://graphs", None)


def test_a_graph_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    empty = np.zeros(0, dtype=np.int32)
    network = RoadNetwork(*[empty] * len(RoadNetwork.__slots__))
    lodgings = Lodgings(*[empty] * len(Lodgings.__slots__))
    bundle = Bundle({"drive": network}, RoadTexts.of(()), lodgings)
    meta = BundleMeta("x", "0", None, "FR", {}, "0", 0, 0, (0.0, 0.0, 0.0, 0.0))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(tmp_path / "graph", bundle, meta)
    assert list(tmp_path.iterdir()) == []
