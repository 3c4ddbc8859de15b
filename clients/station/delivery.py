"""How does everything that was written down reach the office, each once?

One thing at a time: a batch, then the files of what has arrived, then the next batch. What is not
answered is sent again as it stands; the office knows it by its key, and a file by how much it has.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from clients.station import recordings
from clients.station.pace import BackOff, Rate
from clients.station.recordings import Unreadable
from clients.station.store import Batch, Store, Upload
from clients.station.wire import Answer, Later, Wire

BATCH = 100  # the office takes no more
PIECE = 256 * 1024  # bytes; on 64 kbit/s half a minute, and no more than that is lost by a cut
FILE_TRIES = 3  # whole files whose digest the office finds wrong before a person looks
REST = 100  # folders written down in one transaction


@dataclass
class Station:
    """One station: its store, its wire, and its patience."""

    name: str
    store: Store
    wire: Wire
    back_off: BackOff = field(default_factory=BackOff)
    rate: Rate = field(default_factory=Rate)
    batch: int = BATCH
    stop: threading.Event = field(default_factory=threading.Event)
    unreadable: dict[str, str] = field(default_factory=dict)

    def write_down(self, folders: list[Path]) -> None:
        """Every recording that is new, before anything of it is sent."""
        new = [folder for folder in folders if not self.store.knows(folder.name)]
        for start in range(0, len(new), REST):
            read = [self._read(folder) for folder in new[start : start + REST]]
            self.store.add(one for one in read if one)

    def run(self) -> None:
        """Until nothing waits, or ``stop`` is set. Raises Locked."""
        is_more = True
        while is_more and not self.stop.is_set():
            try:
                is_more = self.step()
            except Later as later:
                self.stop.wait(self.back_off.failed(later.seconds))
            else:
                self.back_off.succeeded()

    def step(self) -> bool:
        """The next file, or the next batch; whether there was one. Raises Later and Locked."""
        if upload := self.store.upload():
            self._send_file(upload)
        elif batch := self.store.batch(most=self.batch):
            self.stop.wait(self.rate.pause_for(len(batch.recordings)))
            self._send_batch(batch)
        else:
            return False
        return True

    def _read(self, folder: Path) -> recordings.Recording | None:
        try:
            return recordings.read(folder)
        except Unreadable as error:
            self.unreadable[folder.name] = str(error)
            return None

    # --- Recordings -------------------------------------------------------------------------------

    def _send_batch(self, batch: Batch) -> None:
        if len(batch.bodies) == 1:
            self._settle(batch, [self.wire.send_one(batch.bodies[0], key=batch.key)])
            return
        answer = self.wire.send_many(batch.bodies, key=batch.key)
        if not answer.ok:
            self.store.split(batch)
            return
        results = sorted(answer.body["results"], key=lambda result: int(result["index"]))
        self._settle(batch, [_answer_of(result) for result in results])

    def _settle(self, batch: Batch, answers: list[Answer]) -> None:
        delivered: dict[int, tuple[str, str]] = {}
        refused: dict[int, str] = {}
        for n, answer in zip(batch.recordings, answers, strict=True):
            if answer.ok:
                delivered[n] = (str(answer.body.get("verdict")), str(answer.body.get("receipt") or ""))
            elif answer.status != 429 and answer.status < 500:
                refused[n] = answer.problem
        self.store.settle(batch, delivered=delivered, refused=refused)
        if not delivered and not refused:
            raise Later("tidak satu pun dari kiriman ini diterima sekarang")

    # --- Files ------------------------------------------------------------------------------------

    def _send_file(self, upload: Upload) -> None:
        offset = self._begin_at(upload)
        mismatches = 0
        while not self.stop.is_set():
            try:
                piece = _piece(upload.path, offset)
            except OSError:
                self.store.uploaded(upload, problem="berkas tidak terbaca lagi")
                return
            answer = self.wire.send_piece(upload.recording_id, upload.kind, offset=offset, piece=piece)
            mismatches += answer.is_problem("checksum-mismatch")
            if answer.ok and answer.body["complete"]:
                self.store.uploaded(upload)
                return
            if answer.ok:
                offset = int(answer.body["received"])
            elif answer.is_problem("offset-mismatch"):
                offset = self._received(upload)
            elif answer.is_problem("checksum-mismatch") and mismatches < FILE_TRIES:
                offset = 0
            else:
                self.store.uploaded(upload, problem=answer.problem)
                return
            if offset >= upload.bytes > 0:  # it was all there
                self.store.uploaded(upload)
                return

    def _begin_at(self, upload: Upload) -> int:
        """A file of one piece is sent and not asked about."""
        return self._received(upload) if upload.bytes > PIECE else 0

    def _received(self, upload: Upload) -> int:
        answer = self.wire.received(upload.recording_id, upload.kind)
        return int(answer.body["received"]) if answer.ok else 0


def _piece(path: Path, offset: int) -> bytes:
    with path.open("rb") as content:
        content.seek(offset)
        return content.read(PIECE)


def _answer_of(result: dict[str, object]) -> Answer:
    """One line of the office's answer to a batch, as if it had been sent alone."""
    problem = result.get("problem")
    return Answer(int(str(result["status"])), problem if isinstance(problem, dict) else result)
