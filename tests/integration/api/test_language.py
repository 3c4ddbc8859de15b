"""Does a machine hear the language that it asks for, and does no cache mix them up?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.devices import Speaker, a_person, a_recording, problem

KEY = "4d9f2a60-7d1e-4f6e-9c47-1f2f0c3a9b12"


def title(device: Speaker, wanted: str) -> tuple[str, str]:
    answer = device.get("nowhere", **({"Accept-Language": wanted} if wanted else {}))
    assert problem(answer) == "not-found"
    assert "Accept-Language" in answer.headers["Vary"]
    return answer.headers["Content-Language"], answer.json()["title"]


class TestLanguage:
    @pytest.mark.parametrize(
        "wanted",
        ["", "id", "id-ID,id;q=0.9,en;q=0.8", "ms", "*", "fr,*;q=0.1", "en;q=0", "nonsense!", "e" * 999],
    )
    def test_is_indonesian_unless_asked_otherwise(self, device: Speaker, wanted: str) -> None:
        assert title(device, wanted) == ("id", "Tidak ditemukan.")

    @pytest.mark.parametrize("wanted", ["en", "EN-gb", "fr, en;q=0.5", "id;q=0.4, en;q=0.8"])
    def test_is_english_for_who_likes_it_best(self, device: Speaker, wanted: str) -> None:
        assert title(device, wanted) == ("en", "Not found.")

    def test_is_no_matter_of_cookies(self, device: Speaker) -> None:
        device.client.cookies["django_language"] = "en"
        assert title(device, "") == ("id", "Tidak ditemukan.")

    def test_changes_no_word_that_machines_read(self, device: Speaker) -> None:
        receipt = device.post("recordings", a_recording(1)).json()["receipt"]
        ours, theirs = (
            device.post("status-lookups", {"receipt": receipt}, **{"Accept-Language": language}).json()
            for language in ("id", "en")
        )
        assert (ours["state"], ours["reason"]) == (theirs["state"], theirs["reason"])
        assert (ours["hold"]["reason"], theirs["hold"]["reason"]) == ("not-visible", "not-visible")
        for text in ("state_text", "reason_text", "next"):
            assert ours[text] != theirs[text]

    def test_names_wrong_fields_in_it(self, device: Speaker) -> None:
        wrong = a_person(1) | {"birth_date": "yesterday"}
        ours, theirs = (
            device.post("status-lookups", wrong, **{"Accept-Language": language}).json()["errors"]
            for language in ("id", "en")
        )
        assert [error["code"] for error in ours] == [error["code"] for error in theirs]
        assert [error["detail"] for error in ours] != [error["detail"] for error in theirs]

    def test_of_a_stored_answer_is_the_first_one_s(self, device: Speaker) -> None:
        wish = {**a_person(1), "reason": "damaged", "papers": [{"kind": "old-card"}]}
        first = device.post("card-requests", wish, key=KEY, **{"Accept-Language": "en"})
        again = device.post("card-requests", wish, key=KEY, **{"Accept-Language": "id"})
        assert first.json()["state_text"] == again.json()["state_text"]
        assert (first.headers["Content-Language"], again.headers["Content-Language"]) == ("en", "en")


class TestTheBoard:
    def test_is_kept_once_for_each_language(self, device: Speaker) -> None:
        seen: dict[str, Any] = {}
        for language in ("id", "en", "id", "en"):
            answer = device.get("board", **{"Accept-Language": language})
            assert answer.headers["Content-Language"] == language
            assert answer.headers["Cache-Control"] == "public, max-age=10"
            assert "Accept-Language" in answer.headers["Vary"]
            known = seen.setdefault(language, answer)
            assert answer.headers["ETag"] == known.headers["ETag"]
        assert seen["id"].json()["gate"]["name"] == seen["en"].json()["gate"]["name"]
        assert seen["id"].json()["gate"]["reason"] != seen["en"].json()["gate"]["reason"]
        assert seen["id"].headers["ETag"] != seen["en"].headers["ETag"]

    def test_that_has_not_changed_says_in_which_language(self, device: Speaker) -> None:
        tag = device.get("board", **{"Accept-Language": "en"}).headers["ETag"]
        same = device.get("board", **{"Accept-Language": "en", "If-None-Match": tag})
        other = device.get("board", **{"Accept-Language": "id", "If-None-Match": tag})
        assert (same.status_code, other.status_code) == (304, 200)
        assert "Accept-Language" in same.headers["Vary"]
