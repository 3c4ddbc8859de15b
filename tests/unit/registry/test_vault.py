"""Does the vault keep a NIK from whoever has the database but not the keys?"""

import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from registry.vault import Vault, VaultError

NIK = "2102036508900001"


@pytest.fixture
def vault() -> Vault:
    return Vault(keys={1: os.urandom(32)}, index_keys={1: os.urandom(32)})


class TestVault:
    def test_opens_what_it_sealed(self, vault: Vault) -> None:
        assert vault.open(vault.seal(NIK, bound_to="row 1"), bound_to="row 1") == NIK

    def test_seals_the_same_nik_differently_each_time(self, vault: Vault) -> None:
        assert vault.seal(NIK, bound_to="row 1") != vault.seal(NIK, bound_to="row 1")

    def test_refuses_a_value_moved_to_another_row(self, vault: Vault) -> None:
        with pytest.raises(VaultError):
            vault.open(vault.seal(NIK, bound_to="row 1"), bound_to="row 2")

    def test_refuses_changed_bytes(self, vault: Vault) -> None:
        sealed = bytearray(vault.seal(NIK, bound_to="row 1"))
        sealed[-1] ^= 1
        with pytest.raises(VaultError):
            vault.open(bytes(sealed), bound_to="row 1")

    def test_reads_old_versions_and_seals_with_the_newest(self, vault: Vault) -> None:
        old = vault.seal(NIK, bound_to="row 1")
        rotated = Vault(keys={**vault.keys, 2: os.urandom(32)}, index_keys=vault.index_keys)
        assert rotated.open(old, bound_to="row 1") == NIK
        assert rotated.seal(NIK, bound_to="row 1")[0] == 2

    def test_says_which_key_is_missing(self, vault: Vault) -> None:
        with pytest.raises(VaultError, match="version 1"):
            Vault(keys={2: os.urandom(32)}, index_keys={1: b"x" * 32}).open(
                vault.seal(NIK, bound_to="row 1"), bound_to="row 1"
            )

    def test_index_depends_on_its_key_alone(self, vault: Vault) -> None:
        other = Vault(keys=vault.keys, index_keys={1: os.urandom(32)})
        assert vault.index(NIK) == vault.index(NIK) != other.index(NIK)

    def test_index_of_the_first_key_is_bare_and_a_later_one_says_its_version(self, vault: Vault) -> None:
        rotated = Vault(keys=vault.keys, index_keys={**vault.index_keys, 2: os.urandom(32)})
        old, new = rotated.indexes(NIK)
        assert old == vault.index(NIK)
        assert len(old) == 32
        assert new == rotated.index(NIK)
        assert (len(new), new[0]) == (33, 2)

    def test_recording_id_is_the_same_for_one_moment_in_any_zone(self, vault: Vault) -> None:
        noon = datetime(2017, 6, 1, 5, tzinfo=UTC)
        in_jakarta = noon.astimezone(timezone(timedelta(hours=7)))
        assert vault.recording_id(NIK, noon) == vault.recording_id(NIK, in_jakarta)
        assert vault.recording_id(NIK, noon) != vault.recording_id(NIK, noon + timedelta(minutes=1))
