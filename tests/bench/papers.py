"""One receipt as a PDF, warm, on one core: our way beside WeasyPrint given the same page the naive way."""

import re
import time
from collections.abc import Callable, Iterator

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from receipts import rendering
from receipts.models import Receipt
from receipts.printing import static_file

PAGES = 25


def naive(receipt: Receipt) -> bytes:
    """One string with its own <style>, fonts looked up anew, and WeasyPrint's own fetcher."""
    page = rendering.to_html(receipt).replace("</head>", f"<style>{style()}</style></head>", 1)
    made: bytes = HTML(string=with_files(page)).write_pdf(font_config=FontConfiguration(), pdf_variant="pdf/ua-1")
    return made


def style() -> str:
    """Both stylesheets in one, with addresses that WeasyPrint's own fetcher knows."""
    own, shared = (static_file(f"receipts/{name}.css").read_text() for name in ("receipt", "paper"))
    return with_files(own.replace('@import "static:receipts/paper.css";', shared))


def with_files(text: str) -> str:
    """Our own addresses as those of files."""
    return re.sub(r"static:([\w/.-]+)", lambda found: static_file(found[1]).as_uri(), text)


def rate(make: Callable[[Receipt], bytes], receipts: list[Receipt]) -> float:
    make(receipts[0])
    began = time.perf_counter()
    for receipt in receipts:
        make(receipt)
    return len(receipts) / (time.perf_counter() - began)


def measure(rounds: int) -> Iterator[dict[str, float]]:
    receipts = list(Receipt.objects.select_related("issuer", "donation__campaign").order_by("pk")[:PAGES])
    for _ in range(rounds):
        yield {"limit": rate(naive, receipts), "ours": rate(rendering.to_pdf, receipts)}
