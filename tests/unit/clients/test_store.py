"""Does the station's file keep every promise, whenever the program dies?"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.station import recordings
from clients.station.store import Batch, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue" / "station.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def write(store: Store, root: Path, *names: str, nik: str = "") -> None:
    """Recordings in folders of these names; all of one resident when ``nik`` is given."""
    for name in names:
        folder = root / name
        folder.mkdir()
        facts = {"nik": nik or f"{int(name):016}", "name": "Contoh"}
        (folder / "recording.json").write_text(json.dumps(facts))
        for kind in recordings.KINDS:
            (folder / f"{kind}.jpg").write_bytes(name.encode())
        store.add([recordings.read(folder)])


def deliver(store: Store, batch: Batch) -> None:
    store.settle(batch, delivered={n: ("new", f"R{n}") for n in batch.recordings}, refused={})


def next_batch(store: Store, most: int = 100) -> Batch:
    batch = store.batch(most=most)
    assert batch is not None
    return batch


class TestBatch:
    def test_stays_the_same_until_it_is_settled_even_if_the_program_dies(
        self, store: Store, path: Path, tmp_path: Path
    ) -> None:
        write(store, tmp_path, "1", "2")
        before = next_batch(store)
        write(store, tmp_path, "3")
        reopened = Store(path)
        assert next_batch(reopened) == before
        reopened.close()

    def test_takes_the_oldest_first_and_no_more_than_it_may(self, store: Store, tmp_path: Path) -> None:
        write(store, tmp_path, "1", "2", "3")
        assert next_batch(store, most=2).recordings == (1, 2)

    def test_holds_one_recording_of_a_resident_at_a_time(self, store: Store, tmp_path: Path) -> None:
        write(store, tmp_path, "1", "2", nik="2102030101850001")
        write(store, tmp_path, "3")
        first = next_batch(store)
        assert first.recordings == (1, 3)
        deliver(store, first)
        assert next_batch(store).recordings == (2,)

    def test_that_is_refused_as_a_whole_goes_one_by_one_under_new_keys(
        self, store: Store, tmp_path: Path
    ) -> None:
        write(store, tmp_path, "1", "2")
        whole = next_batch(store)
        store.split(whole)
        first = next_batch(store)
        deliver(store, first)
        second = next_batch(store)
        assert (first.recordings, second.recordings) == ((1,), (2,))
        assert len({whole.key, first.key, second.key}) == 3

    def test_leaves_what_was_not_answered_for_the_next(self, store: Store, tmp_path: Path) -> None:
        write(store, tmp_path, "1", "2")
        store.settle(next_batch(store), delivered={1: ("new", "R1")}, refused={})
        assert next_batch(store).recordings == (2,)


class TestStore:
    def test_erases_the_facts_of_whoever_has_arrived(self, path: Path, tmp_path: Path) -> None:
        store = Store(path)
        write(store, tmp_path, "1", nik="2102030101850001")
        deliver(store, next_batch(store))
        assert store.receipts() == {"1": "R1"}
        store.close()
        assert b"2102030101850001" not in path.read_bytes()

    def test_is_for_its_owner_alone(self, store: Store, path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_offers_the_files_of_what_has_arrived_and_of_nothing_else(
        self, store: Store, tmp_path: Path
    ) -> None:
        write(store, tmp_path, "1", "2")
        assert store.upload() is None
        store.settle(next_batch(store), delivered={1: ("new", "R1")}, refused={2: "Isian tidak sah."})
        upload = store.upload()
        assert upload is not None
        assert upload.path.parent == tmp_path / "1"
        while upload := store.upload():
            store.uploaded(upload)
        assert store.count().is_finished
        assert store.problems() == ["2: Isian tidak sah."]
