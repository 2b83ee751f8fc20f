"""A donor's own receipt, as page and PDF, and the page where anyone checks one."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header, quote_etag
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from appeal.models import Campaign
from appeal.pledge import signing
from appeal.pledge.texts import PledgeText
from appeal.refusal import Refused
from appeal.spreading import Poster
from donations import links
from donations.models import Donation
from grants.models import Grant
from receipts import award_letter as award_letters
from receipts import gift_aid, posters
from receipts import pledge as pledge_papers
from receipts.asking import lacking_of
from receipts.forms import ChoiceForm, GiftAidForm, ParticularsForm
from receipts.models import Particulars, Receipt, ReceiptChoice, ReceiptDocument
from receipts.models.particulars import plain
from receipts.statement import FundStatement, Period, statement_of, to_pdf
from receipts.whereabouts import whereabouts


@never_cache
@require_safe
def receipt(request: HttpRequest, key: str) -> HttpResponse:
    """The same words as on the PDF, for whoever has the address that was mailed to the donor."""
    found = get_object_or_404(Receipt.objects.select_related("issuer", "text", "document", "of_year__year"), key=key)
    lines = found.lines.select_related("receipt")
    page = {"receipt": found, "lines": lines, "declares": gift_aid.words_for(found) is not None}
    return render(request, "receipts/receipt.html", page)


@never_cache
@require_safe
def of_gift(request: HttpRequest, reference: str) -> HttpResponse:
    """From a donor's list of gifts to the receipt of one, for whoever the list is open to."""
    email = links.address_in(request.session, timezone.now())
    if not email:
        return redirect("donations:my-gifts")
    gift = get_object_or_404(Donation.objects.of_donor(email), reference=reference)
    found = Receipt.objects.filter(Q(donation=gift) | Q(lines__donation=gift)).order_by("-pk").first()
    return redirect(found) if found else render(request, "receipts/not_yet.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, key: str) -> HttpResponse:
    """Gift Aid for the gift of a receipt, and more of its donor's if they say so. A second look lets them withdraw."""
    found = get_object_or_404(Receipt.objects.select_related("issuer", "donation"), key=key)
    text, standing = gift_aid.words_for(found), gift_aid.standing(found)
    if text is None and standing is None:
        raise Http404
    form = GiftAidForm(request.POST if request.method == "POST" and not standing else None)
    if request.method == "POST" and standing:
        gift_aid.withdraw(standing, timezone.now())
        return redirect(request.path)
    if text and form.is_valid():
        with suppress(Refused):  # sent twice
            gift_aid.declare(found, text, form.details(), timezone.now())
        return redirect(request.path)
    page = {"form": form, "receipt": found, "standing": standing, "text": text, "words": text and gift_aid.said(text)}
    return private(render(request, "receipts/gift_aid.html", page, status=422 if form.errors else 200))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """Whether a donor wants receipts for tax, for whoever the list of their gifts is open to."""
    email = links.address_in(request.session, timezone.now())
    if not email:
        return redirect("donations:my-gifts")
    donor = plain(email)
    form = ChoiceForm(request.POST or None, initial={"papers": ChoiceForm.of(tax_receipt=ReceiptChoice.wants(donor))})
    if request.method == "POST" and form.is_valid():
        ReceiptChoice.choose(donor, tax_receipt=form.wants_receipts())
        return redirect("donations:my-gifts")
    return private(render(request, "receipts/choice.html", {"form": form}, status=422 if form.errors else 200))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def particulars(request: HttpRequest, token: str) -> HttpResponse:
    """What a held receipt lacks, asked of its donor. The page shows nothing of what we know already."""
    now = timezone.now()
    found = Particulars.objects.behind(token, now)
    if found is None:
        return private(render(request, "receipts/particulars_spent.html", status=410))
    lacking = lacking_of(found)
    form = ParticularsForm(request.POST if request.method == "POST" else None, missing=lacking)
    if lacking and form.is_valid():
        found.tell(form.cleaned_data, now)
        return redirect(request.path + "?thanks")
    told = not lacking or ("thanks" in request.GET and found.received_at is not None)
    page = {"form": form, "told": told}
    return private(render(request, "receipts/particulars.html", page, status=422 if form.errors else 200))


@never_cache
@require_safe
def where(request: HttpRequest, key: str) -> HttpResponse:
    """Where the gift of this receipt is by now, for whoever has the receipt's own address."""
    found = get_object_or_404(Receipt.objects.exclude(donation=None).select_related("donation__campaign"), key=key)
    return whereabouts_page(request, [found.gift], back=found.get_absolute_url())


@never_cache
@require_safe
def where_mine_are(request: HttpRequest, slug: str) -> HttpResponse:
    """All gifts of a donor to one campaign in one sum, for whoever the list of gifts is open to."""
    email = links.address_in(request.session, timezone.now())
    if not email:
        return redirect("donations:my-gifts")
    gifts = Donation.objects.of_donor(email).settled().filter(campaign__slug=slug).select_related("campaign")
    return whereabouts_page(request, gifts, back=reverse("donations:my-gifts"))


def whereabouts_page(request: HttpRequest, gifts: Sequence[Donation] | QuerySet[Donation], back: str) -> HttpResponse:
    if not gifts:
        raise Http404
    page = {"found": whereabouts(list(gifts), timezone.localdate()), "back": back}
    response = private(render(request, "receipts/where.html", page))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The stored bytes, or a page that waits for them: a worker renders, not this request."""
    found = get_object_or_404(Receipt.objects.select_related("document"), key=key)
    document: ReceiptDocument | None = getattr(found, "document", None)
    if document is None:
        return private(
            render(request, "receipts/preparing.html", {"receipt": found, "look_again_after": 5}, status=202)
        )
    etag = quote_etag(document.sha256)
    response = get_conditional_response(request, etag=etag) or as_file(bytes(document.pdf), f"{found.number}.pdf")
    response.headers["ETag"] = etag
    return private(response)


def as_file(content: bytes, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=False, filename=name)
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


def private(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_store=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def award_letter(request: HttpRequest, key: str) -> HttpResponse:
    """The initiative's letter, for whoever has its link."""
    grant = get_object_or_404(Grant.objects.select_related("campaign", "fund", "initiative"), key=key)
    return private(as_file(award_letters.to_pdf(grant), f"{grant.reference}.pdf"))


@conditional_page
@require_safe
def pledge_document(request: HttpRequest, version: int, language: str) -> HttpResponse:
    """A published text of the pledge, as paper."""
    text = get_object_or_404(PledgeText.objects.published(), version=version, language=language)
    paper = pledge_papers.document(text, get_language() or "en")
    return revalidated(as_file(paper, f"pledge-{version}-{language}.pdf"))


@never_cache
@require_safe
def pledge_certificate(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link that was mailed to the signer, as long as the signature counts."""
    signature = signing.behind(signing.OWN, token, timezone.now())
    if signature is None or not signature.counts:
        raise Http404
    return private(as_file(pledge_papers.certificate(signature), f"pledge-{signature.reference}.pdf"))


@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Whether there is such a receipt and whether it is still good. Never whose it is."""
    found = Receipt.objects.select_related("replaced_by").filter(code=code.lower()).first()
    page: dict[str, Any] = {"receipt": found, "code": code}
    if found is None:
        return render(request, "receipts/unknown.html", page, status=404)
    return render(request, "receipts/verify.html", page)


@conditional_page
@require_safe
def statement(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a campaign's money is, for everyone: since its beginning, or in one year (?year=2026)."""
    asked, years = asked_for(request, slug)
    return revalidated(render(request, "receipts/statement.html", {"statement": asked, "years": years}))


@conditional_page
@require_safe
def statement_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    asked, _years = asked_for(request, slug)
    days = f"{asked.period.since.isoformat()}-{asked.period.until.isoformat()}"
    return revalidated(as_file(to_pdf(asked, get_language() or "en"), f"{slug}-{days}.pdf"))


@conditional_page
@require_safe
def poster_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    poster = Poster.of(get_object_or_404(Campaign.objects.public(), slug=slug))
    return revalidated(as_file(posters.to_pdf(poster, get_language() or "en"), f"{slug}-poster.pdf"))


def asked_for(request: HttpRequest, slug: str) -> tuple[FundStatement, list[int]]:
    """The statement, and the years there are others for."""
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    whole = Period.whole(campaign, timezone.localdate())
    years = {str(year): year for year in whole.years()}
    if (year := request.GET.get("year")) is None:
        return statement_of(campaign, whole), [*years.values()]
    if year not in years:
        raise Http404
    return statement_of(campaign, whole.within(years[year])), [*years.values()]


def revalidated(response: HttpResponse) -> HttpResponse:
    """To be kept by whoever likes, and asked about each time: the books move."""
    patch_cache_control(response, no_cache=True)
    return response
