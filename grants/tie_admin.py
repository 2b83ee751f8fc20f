"""The staff's page of ties: members enter their own, whoever leads a panel those of all. What was typed is not kept."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.steps import signed_in
from grants import conflicts
from grants.models import Kind, Tie

OWN = ("grants.read_applications", "grants.vote")
OF_ALL = ("grants.lead_panel", "grants.add_tie")


def may(request: HttpRequest, permissions: tuple[str, ...]) -> bool:
    return any(request.user.has_perm(permission) for permission in permissions)


class TieForm(forms.ModelForm[Tie]):
    text = forms.CharField(
        label=_("Name, address or number"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_(
            "Kept as a mark that can be compared and not read. Capitals, spaces and dashes make no difference."
        ),
    )

    class Meta:
        model = Tie
        fields = ("person", "kind")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        try:
            conflicts.checked(Kind(given["kind"]), given["text"])
        except KeyError:
            pass  # what is missing has been said
        except Refused as refusal:
            self.add_error("text", str(refusal))
        return given


@admin.register(Tie)
class TieAdmin(admin.ModelAdmin[Tie]):
    form = TieForm
    list_display = ("person", "kind", "recorded_by", "recorded_at")
    list_display_links = None
    list_select_related = ("person", "recorded_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tie]:
        ties = super().get_queryset(request)
        return ties if may(request, OF_ALL) else ties.filter(person=signed_in(request))

    def get_fields(self, request: HttpRequest, obj: Tie | None = None) -> tuple[str, ...]:
        return ("person", "kind", "recorded_by", "recorded_at") if obj else ("person", "kind", "text")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        own = User.objects.filter(username=request.user.get_username())
        people = User.objects.filter(is_staff=True) if may(request, OF_ALL) else own
        return super().formfield_for_foreignkey(db_field, request, queryset=people, initial=own.first(), **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Tie | None = None) -> bool:
        return may(request, (*OWN, *OF_ALL))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Tie | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tie | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tie, form: forms.ModelForm[Tie], change: bool) -> None:
        """The verb records it, and takes the person aside where it is found."""
        given = form.cleaned_data
        obj.pk = conflicts.tie(given["person"], Kind(given["kind"]), given["text"], by=signed_in(request)).pk
