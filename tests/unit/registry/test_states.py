"""Do the tables of the registry cover every word and every place?"""

import pytest

from registry.central.contract import CentralStatus
from registry.states import (
    BLANK_MOVES,
    EXCEPTIONS,
    RECORDING_MOVES,
    VERDICTS,
    Effect,
    Place,
    RecordingState,
    verdict,
)


class TestVerdicts:
    def test_every_word_of_the_contract_has_a_row(self) -> None:
        assert VERDICTS.keys() == {status.value for status in CentralStatus}

    def test_every_exception_has_owner_and_next_step(self) -> None:
        for row in VERDICTS.values():
            if row.effect is Effect.EXCEPTION:
                kind = EXCEPTIONS[row.exception]
                assert kind.owner
                assert kind.next_step

    @pytest.mark.parametrize("word", ["", "PRINTREADY", "print_ready_record", "NEW_WORD"])
    def test_an_unknown_word_is_never_printable(self, word: str) -> None:
        assert verdict(word).effect is Effect.EXCEPTION


class TestRecordingMoves:
    def test_every_state_has_a_row_and_leads_to_states(self) -> None:
        assert RECORDING_MOVES.keys() == set(RecordingState)
        assert all(
            target in set(RecordingState) for targets in RECORDING_MOVES.values() for target in targets
        )


class TestBlankMoves:
    def test_every_place_can_be_reached(self) -> None:
        assert {target for _source, target in BLANK_MOVES} >= set(Place) - {Place.CENTRE}

    def test_what_is_destroyed_never_comes_back(self) -> None:
        assert not [move for move in BLANK_MOVES if move[0] == Place.DESTROYED]

    def test_a_card_never_becomes_a_blank_again(self) -> None:
        assert (Place.PRINTED, Place.STORE) not in BLANK_MOVES
