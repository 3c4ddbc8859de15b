"""Can an administrator see and steer the calls to the centre on a page, and nobody else?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import ConnectionError, Redis

from registry.central.door import throttle
from registry.central.throttle import Lane, Outcome, Throttle
from registry.models import ThrottleChange
from registry.services import throttling
from tests import factories

PAGE = "desk:centre"


@pytest.fixture(autouse=True)
def as_it_was(db: None) -> Iterator[None]:
    yield
    throttle().forget()


def asked(client: Client, wish: str, **words: Any) -> Any:
    return client.post(reverse(PAGE), {"wish": wish, **words})


def refusal(answer: Any) -> str:
    """What a page says that was not left."""
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestPage:
    def test_shows_why_and_every_series_once_the_centre_was_asked(self, admin_client: Client) -> None:
        permit = throttle().acquire(lane=Lane.REPORT, office="21.02")
        throttle().settle(permit, Outcome.OK, seconds=0.2)
        text = admin_client.get(reverse(PAGE)).content.decode()
        assert throttle().snapshot().why in text
        for curve in ("limit", "in-flight", "learned", "latency"):
            assert f'class="curve {curve}"' in text
        for curve in ("offered", "served", "refused", "timed-out", "probes"):
            assert f'class="curve {curve}"' in text

    def test_says_so_when_the_centre_was_not_asked(self, admin_client: Client) -> None:
        assert "Pusat tidak dihubungi dalam 6 jam terakhir." in refusal(admin_client.get(reverse(PAGE)))

    def test_is_linked_from_the_first_page(self, admin_client: Client) -> None:
        factories.an_office()
        assert f'href="{reverse(PAGE)}"' in admin_client.get(reverse("admin:index")).content.decode()

    def test_keeps_fresh_without_its_forms(self, admin_client: Client) -> None:
        text = admin_client.get(reverse("desk:centre_now")).content.decode()
        assert throttle().snapshot().why in text
        assert "<form" not in text

    def test_needs_no_style_or_script_within(self, admin_client: Client) -> None:
        answer = admin_client.get(reverse(PAGE))
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert 'style="' not in answer.content.decode()


class TestWish:
    def test_pauses_and_resumes_with_a_reason(self, admin_client: Client) -> None:
        assert asked(admin_client, "hentikan", why="pemeliharaan").status_code == 302
        assert throttle().snapshot().paused == "pemeliharaan"
        text = admin_client.get(reverse(PAGE)).content.decode()
        assert "Dihentikan sementara oleh admin: pemeliharaan." in text
        assert 'value="hentikan"' not in text

        assert asked(admin_client, "lanjutkan", why="selesai").status_code == 302
        assert throttle().snapshot().paused == ""

    def test_sets_and_lifts_a_ceiling(self, admin_client: Client) -> None:
        asked(admin_client, "batasi", ceiling="3", why="permintaan pusat")
        assert throttle().snapshot().ceiling == 3
        asked(admin_client, "lepas-batas", why="sudah lancar")
        assert throttle().snapshot().ceiling is None

    def test_is_a_row_with_who_when_and_why_on_the_page(self, admin_client: Client) -> None:
        before = timezone.now()
        asked(admin_client, "batasi", ceiling="3", why="  permintaan \n pusat ")
        (change,) = ThrottleChange.objects.all()
        assert (change.deed, change.ceiling, change.why) == ("ceiling", 3, "permintaan pusat")
        assert change.actor == "admin"
        assert before <= change.at <= timezone.now()
        assert "permintaan pusat" in admin_client.get(reverse(PAGE)).content.decode()

    @pytest.mark.parametrize(
        ("wish", "words", "rule"),
        [
            ("hentikan", {"why": " "}, "Alasan: Bidang ini "),
            ("hentikan", {"why": "x" * 201}, "Alasan: Pastikan nilai ini mengandung paling banyak 200"),
            ("batasi", {"why": "uji", "ceiling": ""}, "Panggilan sekaligus, paling banyak: Bidang ini"),
            ("batasi", {"why": "uji", "ceiling": "dua"}, "banyak: Masukkan keseluruhan angka"),
            ("batasi", {"why": "uji", "ceiling": "0"}, "paling banyak: paling sedikit 1"),
            ("batasi", {"why": "uji", "ceiling": "-3"}, "paling banyak: paling sedikit 1"),
            ("batasi", {"why": "uji", "ceiling": "99999"}, "paling sedikit 1 dan paling banyak 10000"),
        ],
    )
    def test_is_refused_by_field_and_rule(
        self, admin_client: Client, wish: str, words: dict[str, str], rule: str
    ) -> None:
        assert rule in refusal(asked(admin_client, wish, **words))
        assert not ThrottleChange.objects.exists()
        assert throttle().snapshot().ceiling is None

    def test_that_is_not_offered_changes_nothing(self, admin_client: Client) -> None:
        answer = admin_client.post(reverse(PAGE), {"wish": "lupakan", "why": "x"}, follow=True)
        assert "Perubahan: pilih salah satu yang ditawarkan." in answer.content.decode()
        assert not ThrottleChange.objects.exists()

    def test_leaves_no_row_when_redis_does_not_hear(self) -> None:
        deaf = Throttle(Redis(port=1, socket_connect_timeout=1))
        with pytest.raises(ConnectionError):
            throttling.pause(throttle=deaf, why="x", actor="admin", now=timezone.now())
        assert not ThrottleChange.objects.exists()


class TestHistory:
    def test_cannot_be_rewritten(self) -> None:
        now: datetime = timezone.now()
        throttling.pause(throttle=throttle(), why="x", actor="admin", now=now)
        with pytest.raises(DatabaseError, match="Cannot update"):
            ThrottleChange.objects.update(why="y")


class TestRight:
    def test_to_be_staff_is_not_enough(self, client: Client) -> None:
        client.force_login(User.objects.create_user("tamu", is_staff=True))
        assert client.get(reverse(PAGE)).status_code == 403
        assert client.get(reverse("desk:centre_now")).status_code == 403
