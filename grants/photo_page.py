"""Photos beside a report, one at a time: what each shows, and whether everyone may see it."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appeal.refusal import Refused
from appeal.uploads import PICTURES
from appeal.uploads.fields import AttachmentField
from grants.models import Photo, Report
from grants.models.photo import MOST
from grants.serving import serve, take_away


class PhotoForm(forms.Form):
    file = AttachmentField(
        label=_("Add a photo"),
        help_text=_("JPG or PNG, at most 5 MB. It loses what it tells of the place."),
        kinds=PICTURES,
    )
    description = forms.CharField(
        label=_("What does it show?"),
        help_text=_("One sentence, for those who cannot see it. Write no names."),
        max_length=300,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Write in a few words what it shows.")},
    )
    agreed = forms.BooleanField(
        label=_("You may show it to the public: whoever can be recognised in it has agreed."),
        help_text=_("Only if you want it. Else nobody sees it but us."),
        required=False,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Report.objects.select_related("grant__campaign"), key=key)
    if not found.is_due:
        return redirect(found)
    form = PhotoForm(request.POST, request.FILES) if request.POST.get("do") == "add" else PhotoForm()
    if request.POST.get("do") == "take-away":
        take_away(found.photos.all(), request)
        return redirect("grants:report-photos", key)
    if form.is_bound and form.is_valid() and kept(form, found):
        return redirect("grants:report-photos", key)
    shown = {"report": found, "form": form, "most": MOST}
    return render(request, "grants/photos.html", shown, status=422 if form.errors else 200)


def kept(form: PhotoForm, report: Report) -> bool:
    given = form.cleaned_data
    try:
        Photo.objects.keep(report, given["file"], given["description"], agreed=given["agreed"])
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return False
    return True


@require_safe
def photo(request: HttpRequest, key: str, photo: str) -> HttpResponse:
    return serve(get_object_or_404(Photo, report__key=key, key=photo))
