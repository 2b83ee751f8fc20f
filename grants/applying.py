"""An applicant's pages: one thing each, saved by every press of a button, and without an account or JavaScript."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appeal.refusal import Refused
from grants import entrance, results
from grants.application_pages import FileForm, Page, PageForm, pages_of
from grants.entrance import of_own
from grants.models import Application, Attachment, Grant, Stage, attachment
from grants.resuming import AddressForm, CodeForm
from grants.serving import serve, take_away

READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@of_own
def application(request: HttpRequest, application: Application) -> HttpResponse:
    """What is done and what is left; once it is sent, how it stands."""
    if not application.is_draft:
        return render(request, "grants/sent.html", how_it_stands(application))
    pages = [(page, page.done(application)) for page in pages_of(application)]
    left = sum(not done for _page, done in pages)
    return render(request, "grants/tasks.html", {"application": application, "pages": pages, "left": left})


def how_it_stands(application: Application) -> dict[str, Any]:
    """With what the panel decided, once the money is divided."""
    told = application.call.stage == Stage.ALLOCATED
    grant = Grant.objects.filter(application=application).first()
    result = results.of(application) if told else None
    shown = {"application": application, "said": said(application), "result": result, "grant": grant}
    return shown | {"can_withdraw": application.can_be_withdrawn}


@require_safe
@of_own
def code(request: HttpRequest, application: Application) -> HttpResponse:
    """The code to come back with, to be written down or printed."""
    return render(request, "grants/kept.html", {"application": application})


@READ_OR_SEND
@of_own
def page(request: HttpRequest, application: Application, name: str) -> HttpResponse:
    """Whatever is right of it is kept, also when something else on it is wrong."""
    if not application.is_draft:
        return redirect(application)
    pages = {page.name: page for page in pages_of(application)}
    if name not in pages:
        raise Http404
    form = pages[name].form(request.POST if "save" in request.POST else None, application=application)
    if form.is_bound:
        right = form.is_valid()
        try:
            form.keep()
        except Refused:  # it was sent meanwhile, from another tab: this is how it was sent
            return redirect(application)
        tell_the_link(application, form)
        if right:
            return redirect(*after(pages[name], application, back=request.POST["save"] == "back"))
    shown = {"application": application, "page": pages[name], "form": form, **place_of(name, list(pages))}
    return render(request, "grants/page.html", shown, status=422 if form.is_bound else 200)


def tell_the_link(application: Application, form: PageForm) -> None:
    """An address that was just given is mailed the link, so that a lost paper loses nothing."""
    if form.cleaned_data.get("email") and "email" in form.changed_data:
        application.send_link(timezone.now())


@READ_OR_SEND
@of_own
def files(request: HttpRequest, application: Application) -> HttpResponse:
    """The last part, and nobody has to: files beside the words."""
    if not application.is_draft:
        return redirect(application)
    form = FileForm(request.POST, request.FILES) if request.POST.get("do") == "add" else FileForm()
    if request.POST.get("do") == "take-away":
        take_away(application.attachments.all(), request)
        return redirect("grants:application-files", application.reference)
    if form.is_bound and form.is_valid() and kept(form, application):
        return redirect("grants:application-files", application.reference)
    shown = {"application": application, "form": form, "most": attachment.MOST}
    return render(request, "grants/files.html", shown, status=422 if form.errors else 200)


def kept(form: FileForm, application: Application) -> bool:
    try:
        Attachment.objects.keep(application, form.cleaned_data["file"])
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return False
    return True


@require_safe
@of_own
def file(request: HttpRequest, application: Application, key: str) -> HttpResponse:
    return serve(get_object_or_404(application.attachments, key=key))


def place_of(name: str, names: list[str]) -> dict[str, int]:
    return {"number": names.index(name) + 1, "count": len(names)}


def after(page: Page, application: Application, *, back: bool) -> tuple[str, ...]:
    """The next page, the end of which is the check of the answers."""
    names = [each.name for each in pages_of(application)]
    following = names[names.index(page.name) + 1 :]
    if back:
        return "grants:application", application.reference
    if following:
        return "grants:application-page", application.reference, following[0]
    return "grants:application-files", application.reference


@READ_OR_SEND
@of_own
def check(request: HttpRequest, application: Application) -> HttpResponse:
    """All answers on one page, and the button that sends them."""
    left = [page for page in pages_of(application) if not page.done(application)] if application.is_draft else []
    refusal = ""
    if request.method == "POST" and not left:
        try:
            application.submit(timezone.now())
        except Refused as refused:
            refusal = str(refused)
    if not application.is_draft:
        return redirect(application)
    shown = {"application": application, "said": said(application), "left": left, "refusal": refusal}
    return render(request, "grants/check.html", shown, status=409 if refusal else 200)


def said(application: Application) -> list[tuple[Page, list[tuple[Any, Any]]]]:
    """Each page with its labels, and what was said, in words."""
    return [(page, in_words(page.form(application=application))) for page in pages_of(application)]


def in_words(form: PageForm) -> list[tuple[Any, Any]]:
    return [(field.label, shown(field.field, field.initial)) for field in form]


def shown(field: Any, value: Any) -> Any:
    """What was chosen by its name; money and words as they are."""
    choices = dict(getattr(field, "choices", ()))
    if isinstance(value, list):
        return ", ".join(str(choices.get(item, item)) for item in value)
    return choices.get(value, value) if choices else value


@READ_OR_SEND
@of_own
def withdraw(request: HttpRequest, application: Application) -> HttpResponse:
    """GET asks whether they mean it."""
    refusal = ""
    if request.method == "POST":
        try:
            application.withdraw(timezone.now())
        except Refused as refused:
            refusal = str(refused)
        else:
            return redirect(application)
    return render(request, "grants/withdraw.html", {"application": application, "refusal": refusal})


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """For a phone that others use as well."""
    entrance.leave(request.session)
    return redirect("grants:resume")


@never_cache
@READ_OR_SEND
def resume(request: HttpRequest) -> HttpResponse:
    """Come back by the code, or ask for the link by mail."""
    deeds: dict[str, Callable[[HttpRequest], HttpResponse]] = {"code": by_code, "address": by_address}
    deed = deeds.get(request.POST.get("by", ""))
    return deed(request) if deed else offer(request)


def offer(request: HttpRequest, **forms: Any) -> HttpResponse:
    shown = {"by_code": CodeForm(), "by_address": AddressForm()} | forms
    return render(request, "grants/resume.html", shown, status=422 if forms else 200)


def by_code(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return offer(request, by_code=form, form=form)
    entrance.enter(request.session, form.application, timezone.now())
    return redirect(form.application)


def by_address(request: HttpRequest) -> HttpResponse:
    """The answer is the same for every address, so that nobody learns who applies."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        return offer(request, by_address=form, form=form)
    for application in Application.objects.at_address(form.cleaned_data["email"], timezone.now()):
        application.send_link(timezone.now())
    return redirect("grants:resume-asked")


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "grants/asked.html")


@never_cache
@READ_OR_SEND
def resume_by_link(request: HttpRequest, code: str) -> HttpResponse:
    """To look at the link opens nothing, for programs that look through mail do so; the button does."""
    now = timezone.now()
    application = Application.objects.with_code(code, now)
    if application is None:
        return render(request, "grants/gone.html", status=410)
    if request.method == "POST":
        entrance.enter(request.session, application, now)
        return redirect(application)
    return render(request, "grants/resume_open.html")
