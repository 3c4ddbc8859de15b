"""What does a paper say to somebody who reads it?"""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader


def read(document: bytes) -> str:
    """All words of a PDF with single blanks between them."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages).split())


def pages(document: bytes) -> int:
    """How many sheets the printer takes."""
    return len(PdfReader(BytesIO(document)).pages)


def size(document: bytes) -> tuple[int, int]:
    """Width and height of the first page in millimetres."""
    box = PdfReader(BytesIO(document)).pages[0].mediabox
    return round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)


def embeds_its_fonts(document: bytes) -> bool:
    """Whether each font of the first page came along with the file."""
    fonts = PdfReader(BytesIO(document)).pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    described = [font.get_object().get("/FontDescriptor") for font in fonts]
    used = [descriptor.get_object() for descriptor in described if descriptor]
    return bool(used) and all("/FontFile2" in descriptor for descriptor in used)
