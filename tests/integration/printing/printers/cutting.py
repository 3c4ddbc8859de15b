"""How is a connection to a printer cut at a chosen moment? A relay on loopback that cuts it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

PRINT_JOB = b"\x01\x01\x00\x02"  # how the body of a Print-Job request begins
CHUNK = 65536
SILENT_SECONDS = 30.0  # no relayed connection is idle so long


class Cut(Enum):
    """When the relay cuts."""

    NEVER = "never"
    IN_THE_DOCUMENT = "half of Print-Job has passed"
    BEFORE_THE_ANSWER = "all of Print-Job has passed, its answer has not"


class CuttingRelay:
    """Passes everything on to a printer's port until its moment has come."""

    def __init__(self, *, port: int, cut: Cut, document: bytes) -> None:
        self._target, self._cut, self._tail = port, cut, document[-64:]
        self._middle = len(document) // 2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            printer = socket.create_connection(("127.0.0.1", self._target), timeout=SILENT_SECONDS)
            client.settimeout(SILENT_SECONDS)
            ended = threading.Event()
            threading.Thread(target=self._to_printer, args=(client, printer, ended), daemon=True).start()
            threading.Thread(target=self._to_client, args=(printer, client, ended), daemon=True).start()

    def _to_printer(self, client: socket.socket, printer: socket.socket, cutting: threading.Event) -> None:
        seen = b""
        with suppress(OSError), _ending(client, printer):
            while data := client.recv(CHUNK):
                seen += data
                begun = seen.find(PRINT_JOB)
                if begun >= 0 and self._cut is Cut.IN_THE_DOCUMENT and len(seen) > begun + self._middle:
                    printer.sendall(data[: len(data) // 2])
                    return
                if begun >= 0 and self._cut is Cut.BEFORE_THE_ANSWER and seen.endswith(self._tail):
                    cutting.set()
                printer.sendall(data)

    def _to_client(self, printer: socket.socket, client: socket.socket, cutting: threading.Event) -> None:
        with suppress(OSError), _ending(client, printer):
            while data := printer.recv(CHUNK):
                if cutting.is_set():
                    return
                client.sendall(data)


@contextmanager
def _ending(*ends: socket.socket) -> Iterator[None]:
    """End both directions at once; a plain close would wait for the thread that is still reading."""
    try:
        yield
    finally:
        for end in ends:
            with suppress(OSError):  # closed already, by the other end or the other thread
                end.shutdown(socket.SHUT_RDWR)
            end.close()
