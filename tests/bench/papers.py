"""One receipt as a PDF, warm, on one core: our way beside WeasyPrint given the same page the naive way."""

import time
from collections.abc import Callable, Iterator

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from receipts import rendering
from receipts.models import Receipt
from receipts.printing import static_file

PAGES = 25
FOLDER = static_file("receipts/receipt.css").parent.parent.as_uri() + "/"


def naive(receipt: Receipt) -> bytes:
    """One string with its own <style>, fonts looked up anew, and WeasyPrint's own fetcher."""
    page = rendering.to_html(receipt).replace("</head>", f"<style>{style()}</style></head>", 1)
    made: bytes = HTML(string=page.replace("static:", FOLDER)).write_pdf(
        font_config=FontConfiguration(), pdf_variant="pdf/ua-1"
    )
    return made


def style() -> str:
    return static_file("receipts/receipt.css").read_text().replace("static:", FOLDER)


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
