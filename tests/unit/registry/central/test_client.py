"""May the client be made like this, and does each process have its own?"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from registry.central.client import HttpCentral, shared

ADDRESS = "http://127.0.0.1:1"


class TestHttpCentral:
    @pytest.mark.parametrize("address", ["", "127.0.0.1:80", "ftp://centre.example", "http://", "http://["])
    def test_refuses_an_address_that_leads_nowhere(self, address: str) -> None:
        with pytest.raises(ValueError, match="address"):
            HttpCentral(address, "token")

    @pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tokén"])
    def test_refuses_a_token_that_fits_into_no_header(self, token: str) -> None:
        with pytest.raises(ValueError, match="token"):
            HttpCentral(ADDRESS, token)


class TestShared:
    def test_is_one_for_all_threads(self) -> None:
        together = threading.Barrier(8)

        def take(_turn: int) -> HttpCentral:
            together.wait()
            return shared(ADDRESS, "threads")

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(take, range(8)))) == 1

    def test_is_another_for_another_centre(self) -> None:
        assert shared(ADDRESS, "one") is not shared(ADDRESS, "two")

    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
    def test_is_another_in_a_forked_process(self) -> None:
        mine = shared(ADDRESS, "fork")
        child = os.fork()
        if child == 0:
            os._exit(0 if shared(ADDRESS, "fork") is not mine else 1)
        _pid, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
