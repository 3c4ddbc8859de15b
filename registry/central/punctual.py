"""How does a call end in time, whatever the other side does?

A timeout of sockets begins anew with every byte, so a server that drips one byte every half minute
holds a caller for hours. Here one deadline holds for a whole call: connecting, sending, and every
single read of its head and body. Only the look-up of a host name keeps the resolver's own patience.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2


class _Mark(threading.local):
    """When the call that this thread makes has to be over, on the monotonic clock."""

    at: float | None = None


_mark = _Mark()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All traffic of this thread through a PunctualTransport ends within so many seconds."""
    _mark.at = time.monotonic() + seconds
    try:
        yield
    finally:
        _mark.at = None


def _left(timeout: float | None, late: type[httpcore2.TimeoutException]) -> float | None:
    """What a single step may take. Raises ``late`` when nothing is left."""
    if _mark.at is None:
        return timeout
    left = _mark.at - time.monotonic()
    if left <= 0:
        raise late("the call's time is up")
    return left if timeout is None else min(left, timeout)


def punctual_pool(*, connections: int, idle_seconds: float) -> httpcore2.ConnectionPool:
    """A pool of connections that keeps the deadline of ``within``.

    Goes straight to the centre: no proxy is taken from the environment.
    """
    return httpcore2.ConnectionPool(
        ssl_context=httpx2.create_ssl_context(),
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=idle_seconds,
        network_backend=_PunctualNetwork(),
    )


class _PunctualNetwork(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _PunctualStream(super().connect_tcp(host, port, left, local_address, socket_options))


class _PunctualStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _PunctualStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
