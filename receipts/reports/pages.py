"""The public pages of transparency reports: the list, a report, and its files as they were stored."""

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import conditional_page, require_safe

from appeal.models import Status
from receipts.models import ReportFile, ReportVersion
from receipts.reports.freezing import thaw
from receipts.reports.opendata.publisher import Publisher
from receipts.reports.words import lines, told

ON_A_PAGE = 100
TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "xml": "application/xml",
    "csv": "text/csv; charset=utf-8",
}
SHOWN = {"pdf", "html", "json"}
OF_STANDARDS = r"\.(360giving\.json|iati\.xml)$"
OF_ITSELF = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What the page in one file may load: nothing but its own style."""


@conditional_page
@require_safe
def report_list(request: HttpRequest, about: str = "") -> HttpResponse:
    """Every report, or those of one campaign, the latest period first."""
    found = ReportVersion.objects.newest().public().defer("facts").select_related("campaign")
    asked = found.named(about) if about else found
    if about and not asked.exists():
        raise Http404
    return fresh(render(request, "receipts/reports.html", {"reports": asked.order_by("-period", "pk"), "about": about}))


@conditional_page
@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """Where everything for programs is, under which licence, and what is not in it: the newest files of each report."""
    newest = ReportVersion.objects.newest().public().exclude(campaign=None).defer("facts").select_related("campaign")
    of_standards = ReportFile.objects.filter(name__regex=OF_STANDARDS).defer("content").order_by("name")
    reports = newest.prefetch_related(Prefetch("files", of_standards, "standards")).order_by("-period", "pk")
    return fresh(render(request, "receipts/open_data.html", {"reports": reports, "publisher": Publisher.of_settings()}))


@conditional_page
@require_safe
def report(request: HttpRequest, about: str, period: str) -> HttpResponse:
    """The last version, in the reader's language; or a word that it is being renewed."""
    versions = ReportVersion.objects.named(about).filter(period=period).select_related("campaign")
    last = get_object_or_404(versions.newest())
    if not versions.public().filter(pk=last.pk).exists():
        return renewing(request, last)
    facts = thaw(bytes(last.facts))
    shown = {
        "version": last,
        "told": told(facts),
        "lines": lines(facts.grants[:ON_A_PAGE]),
        "more": len(facts.grants) - ON_A_PAGE,
        "last": len(facts.grants) <= ON_A_PAGE,
        "files": last.files.defer("content").order_by("pk"),
        "earlier": versions.public().exclude(pk=last.pk).defer("facts").order_by("-version"),
    }
    return fresh(render(request, "receipts/report.html", shown))


def renewing(request: HttpRequest, version: ReportVersion) -> HttpResponse:
    if version.campaign and version.campaign.status == Status.DRAFT:
        raise Http404
    response = render(
        request, "receipts/report_renewing.html", {"version": version, "look_again_after": 30}, status=503
    )
    response.headers["Retry-After"] = "30"
    patch_cache_control(response, no_store=True)
    return response


@require_safe
def report_file(request: HttpRequest, name: str) -> HttpResponse:
    """The stored bytes of a version that is public; each time asked for anew, so that withdrawing acts at once."""
    file = get_object_or_404(ReportFile.objects.filter(report__in=ReportVersion.objects.public()), name=name)
    etag = quote_etag(file.sha256)
    response = get_conditional_response(request, etag=etag) or as_stored(file)
    response.headers["ETag"] = etag
    return fresh(response)


def as_stored(file: ReportFile) -> HttpResponse:
    kind = file.name.rpartition(".")[2]
    disposition = content_disposition_header(as_attachment=kind not in SHOWN, filename=file.name) or "inline"
    headers = {"Content-Disposition": disposition}
    if kind == "html":
        headers["Content-Security-Policy"] = OF_ITSELF
    return HttpResponse(bytes(file.content), content_type=TYPES[kind], headers=headers)


def fresh(response: HttpResponse) -> HttpResponse:
    """Kept by nobody without asking again."""
    patch_cache_control(response, no_cache=True)
    return response
