"""Do the tables of printing hold what the plan promises?"""

from collections.abc import Mapping

import pytest

from printing.states import (
    AUTHORIZATION_LIVE,
    AUTHORIZATION_MOVES,
    JOB_LIVE,
    JOB_MOVES,
    REQUEST_ENDED,
    REQUEST_LIVE,
    REQUEST_MOVES,
    AuthorizationState,
    JobState,
    RequestState,
)

TABLES = [(RequestState, REQUEST_MOVES), (AuthorizationState, AUTHORIZATION_MOVES), (JobState, JOB_MOVES)]


@pytest.mark.parametrize(("states", "moves"), TABLES)
class TestEveryTable:
    def test_has_a_row_for_every_state(self, states: type, moves: Mapping[str, frozenset[str]]) -> None:
        assert moves.keys() == set(states)

    def test_leads_only_to_states(self, states: type, moves: Mapping[str, frozenset[str]]) -> None:
        assert all(target in set(states) for targets in moves.values() for target in targets)

    def test_every_state_but_the_first_can_be_reached(
        self, states: type, moves: Mapping[str, frozenset[str]]
    ) -> None:
        reached = {target for targets in moves.values() for target in targets}
        assert set(states) - reached <= {next(iter(states))}


class TestJobMoves:
    def test_what_was_sent_never_goes_back_to_claimed(self) -> None:
        assert JobState.CLAIMED not in JOB_MOVES[JobState.SENDING] | JOB_MOVES[JobState.IN_DOUBT]

    def test_doubt_counts_as_live(self) -> None:
        assert JobState.IN_DOUBT in JOB_LIVE


class TestAuthorizationMoves:
    def test_a_denied_or_expired_command_is_never_revived(self) -> None:
        for state in (AuthorizationState.DENIED, AuthorizationState.EXPIRED, AuthorizationState.REVOKED):
            assert not AUTHORIZATION_MOVES[state]
            assert state not in AUTHORIZATION_LIVE


class TestRequestMoves:
    def test_every_state_is_live_or_ended(self) -> None:
        assert {str(state) for state in REQUEST_ENDED} | REQUEST_LIVE == set(RequestState.values)

    def test_a_card_in_its_owners_hand_is_never_printed_again(self) -> None:
        assert REQUEST_MOVES[RequestState.HANDED_OVER] == {RequestState.ACTIVATED}
