"""Whose card is it? The fields of an e-KTP, already in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CardFace:
    """What is drawn on a card (Indonesian). ``repr`` shows no person."""

    nik: str
    name: str
    birth_place: str
    birth_date: date
    sex: str
    blood_type: str
    address: str
    rt: str
    rw: str
    village: str
    district: str
    religion: str
    marital_status: str
    occupation: str
    citizenship: str
    province: str
    regency: str
    issued_on: date

    def __repr__(self) -> str:
        return "CardFace(…)"
