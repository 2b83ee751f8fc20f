"""The files of a report: paper, a page that needs no server, data and tables. The same facts give the same bytes."""

from collections.abc import Callable, Iterator
from itertools import batched

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from receipts import printing
from receipts.reports import tables
from receipts.reports.facts import ReportGrant, TransparencyReport
from receipts.reports.words import lines, told

STYLE, TWIN = "receipts/report.css", "receipts/report_twin.css"
A_PIECE = 250
"""Lines of the register that are laid out at a time: the time of a layout grows faster than its pages."""


def written(report: TransparencyReport, facts: bytes) -> list[tuple[str, bytes]]:
    """Each file's name and bytes, in the language of the report."""
    key = report.key
    with translation.override(report.language):
        return [
            (f"{key}.pdf", pdf(report)),
            (f"{key}.html", html(report)),
            (f"{key}.json", facts),
            (f"{key}.csv", tables.figures(report)),
            (f"{key}-grants.csv", tables.grants(report)),
        ]


def pdf(report: TransparencyReport) -> bytes:
    return printing.joined(pieces(report), STYLE)


def pieces(report: TransparencyReport) -> Iterator[Callable[[int], str]]:
    """The report with the first lines of its register, and then the other lines."""
    batches = list(batched(report.grants, A_PIECE, strict=False)) or [()]
    yield lambda _page: first_piece(report, batches[0], last=len(batches) == 1)
    for number, batch in enumerate(batches[1:], start=2):
        yield later_piece(report, batch, last=number == len(batches))


def first_piece(report: TransparencyReport, batch: tuple[ReportGrant, ...], *, last: bool) -> str:
    return render_to_string(
        "receipts/paper/report.html",
        {"told": told(report), "title": title(report), "contents": contents(), "lines": lines(batch), "last": last},
    )


def later_piece(report: TransparencyReport, batch: tuple[ReportGrant, ...], *, last: bool) -> Callable[[int], str]:
    def piece(page: int) -> str:
        shown = {"told": told(report), "title": title(report), "lines": lines(batch), "last": last, "page": page}
        return render_to_string("receipts/paper/report_more.html", shown)

    return piece


def html(report: TransparencyReport) -> bytes:
    """The same words as on paper, all in one file."""
    style = mark_safe(printing.static_file(TWIN).read_text())  # noqa: S308 (a file of ours)
    shown = {
        "told": told(report),
        "title": title(report),
        "contents": contents(),
        "lines": lines(report.grants),
        "last": True,
        "style": style,
    }
    return render_to_string("receipts/report/twin.html", shown).encode()


def title(report: TransparencyReport) -> str:
    words = {"campaign": report.title, "period": told(report).period}
    return _("Transparency report: %(campaign)s, %(period)s") % words


def contents() -> list[tuple[str, str]]:
    """Each section's anchor and heading."""
    return [
        ("figures", _("From the beginning to the end")),
        ("income", _("What came in")),
        ("fees", _("Fees, and who bore them")),
        ("directness", _("How directly it went")),
        ("decisions", _("How it was decided")),
        ("outcomes", _("What it did")),
        ("troubles", _("What went wrong")),
        ("withheld", _("What is withheld, and why")),
        ("corrections", _("Corrections")),
        ("verify", _("How to check this report")),
        ("grants", _("Register of grants")),
    ]
