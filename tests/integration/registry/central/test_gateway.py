"""Does every call go through the throttle, and does the throttle learn the right thing from its end?"""

from datetime import UTC, datetime, timedelta

import pytest

from registry.central import errors
from registry.central.gateway import Gateway
from registry.central.memory import MemoryCentral
from registry.central.throttle import Throttle

NIK = "2102030101850001"


@pytest.fixture
def centre() -> MemoryCentral:
    return MemoryCentral()


@pytest.fixture
def gateway(centre: MemoryCentral, throttle: Throttle) -> Gateway:
    return Gateway(central=centre, throttle=throttle, office="21.02")


class TestGateway:
    def test_gives_the_permit_back_after_an_answer(
        self, gateway: Gateway, centre: MemoryCentral, throttle: Throttle
    ) -> None:
        centre.see(NIK)
        assert gateway.recording_status(NIK).status == "PRINT_READY_RECORD"
        seen = throttle.snapshot()
        assert (seen.served, seen.in_flight) == (1, 0)

    @pytest.mark.parametrize(
        "error",
        [
            errors.NotVisible("x"),
            errors.DuplicateRecord("x"),
            errors.QuotaExhausted(None),
            errors.Refused("x"),
        ],
    )
    def test_counts_a_decision_as_an_answer(
        self, gateway: Gateway, centre: MemoryCentral, throttle: Throttle, error: errors.CentralError
    ) -> None:
        centre.fail_next(error)
        with pytest.raises(type(error)):
            gateway.recording_status(NIK)
        assert throttle.snapshot().served == 1

    def test_counts_busy_as_dropped(
        self, gateway: Gateway, centre: MemoryCentral, throttle: Throttle
    ) -> None:
        centre.break_down()
        with pytest.raises(errors.Busy):
            gateway.recording_status(NIK)
        assert throttle.snapshot().timed_out == 1

    def test_does_not_ask_a_closed_centre_again(self, gateway: Gateway, centre: MemoryCentral) -> None:
        centre.close(datetime.now(UTC) + timedelta(hours=1))
        with pytest.raises(errors.Closed):
            gateway.recording_status(NIK)
        asked = centre.calls
        with pytest.raises(errors.NoPermit):
            gateway.recording_status(NIK)
        assert centre.calls == asked

    def test_learns_nothing_from_a_wrong_credential(
        self, gateway: Gateway, centre: MemoryCentral, throttle: Throttle
    ) -> None:
        centre.fail_next(errors.Unauthorized("x"))
        with pytest.raises(errors.Unauthorized):
            gateway.recording_status(NIK)
        seen = throttle.snapshot()
        assert (seen.served, seen.refused, seen.in_flight) == (0, 0, 0)
