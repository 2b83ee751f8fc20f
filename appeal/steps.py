"""A staff page whose rows say what may be done next. Each step has its own page, says what it means, and is one verb.

What is on record is not edited: a room lists its steps in a StepAdmin, and each names the permission it takes.
"""

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused

log = logging.getLogger(__name__)


class Step(forms.Form):
    title: ClassVar[Promise]
    meaning: ClassVar[Promise]
    permission: ClassVar[str]

    def __init__(self, data: Any = None, *, subject: Any, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.subject = subject

    @classmethod
    def open_to(cls, subject: Any) -> bool:
        """Whether it may come next, so that its link is shown. Whether it may be taken is for its verb to say."""
        return True

    def is_barred(self, by: User) -> bool:
        """Whether this person, of all who have the permission, may not even look at it."""
        return False

    def picture(self) -> str:
        """HTML that a person looks at before the step, beyond the subject's facts."""
        return ""

    def take(self, by: User) -> None:
        """Do it; Refused says in a sentence why not."""
        raise NotImplementedError


class StepAdmin(admin.ModelAdmin[Any]):
    """The list and the page of each subject lead to its steps; `facts` are what a person reads before one."""

    steps: dict[str, type[Step]]
    facts: tuple[str, ...]
    change_form_template = "admin/with_steps.html"
    view_on_site: Any = False  # the page of a row may be for whoever has its link alone

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        first, *rest = super().get_list_display(request)
        return [first, self.next_steps(request), *rest]  # where a narrow screen still shows them

    def next_steps(self, request: HttpRequest) -> Callable[[Any], SafeString]:
        @admin.display(description=_("next steps"))
        def next_steps(subject: Any) -> SafeString:
            return format_html_join(" · ", '<a href="{}">{}</a>', self.links(request, subject))

        return next_steps

    def links(self, request: HttpRequest, subject: Any) -> list[tuple[str, Promise]]:
        """Address and title of each step that may come next, and that this person may take."""
        return [
            (reverse(f"admin:{self.page_name}_step", args=[subject.pk, name]), step.title)
            for name, step in self.steps.items()
            if request.user.has_perm(step.permission) and step.open_to(subject)
        ]

    @property
    def page_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subject = self.get_object(request, object_id)
        extra = {"steps": self.links(request, subject) if subject else [], **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.step_view)
        return [path("<int:pk>/step/<slug:name>/", view, name=f"{self.page_name}_step"), *super().get_urls()]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        step = self.steps.get(name)
        if step is None:
            raise Http404
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        subject = get_object_or_404(self.get_queryset(request), pk=pk)
        form = step(request.POST if request.method == "POST" else None, subject=subject)
        if form.is_barred(signed_in(request)):
            raise PermissionDenied
        form.files = request.FILES
        if form.is_valid() and self.taken(request, form, subject):
            return redirect(f"admin:{self.page_name}_changelist")
        shown = {"form": form, "subject": subject, "title": form.title, "facts": self.read(subject)}
        context = {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        return TemplateResponse(request, "admin/step.html", context)

    def taken(self, request: HttpRequest, form: Step, subject: Model) -> bool:
        """Take the step and say so, or put the refusal into the form."""
        if not took(form, by=signed_in(request)):
            return False
        self.log_change(request, subject, in_words(form))
        messages.success(request, _("Done: %(step)s, %(subject)s.") % {"step": form.title, "subject": subject})
        return True

    def read(self, subject: Model) -> list[tuple[Any, Any]]:
        return [(label_for_field(name, self.model, self), self.shown(subject, name)) for name in self.facts]

    def shown(self, subject: Model, name: str) -> Any:
        field, _attribute, value = lookup_field(name, subject, self)
        return display_for_field(value, field, "") if field else value


def took(form: Any, *, by: User, refusals: tuple[type[Exception], ...] = (Refused,)) -> bool:
    """All of the step or nothing of it. What the database alone refuses is for us to find words for, and is logged."""
    try:
        with transaction.atomic():
            form.take(by=by)
    except refusals as refusal:
        form.add_error(None, str(refusal))
    except IntegrityError:
        log.exception("The database refused a step: %s", type(form).__name__)
        form.add_error(None, _("As things stand now this is not possible. Please read the page again."))
    else:
        return True
    return False


def signed_in(request: HttpRequest) -> User:
    return User.objects.get(username=request.user.get_username())


def in_words(form: Step) -> str:
    """For the log: what was done, and why."""
    reason = form.cleaned_data.get("reason", "")
    return f"{form.title}: {reason}" if reason else str(form.title)
