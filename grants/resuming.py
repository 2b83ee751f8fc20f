"""The two ways back to an application: the code that was written down, and the address it can be mailed to."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants.models import Application


class CodeForm(forms.Form):
    """Valid if the code opens an application: then `application` is it."""

    application: Application
    code = forms.CharField(
        label=_("Your code"),
        help_text=_("Twenty letters and numbers. Small letters and spaces do not matter."),
        max_length=60,
        error_messages={"required": _("Write your code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "dir": "ltr"}),
    )

    def clean_code(self) -> Any:
        found = Application.objects.with_code(self.cleaned_data["code"], timezone.now())
        if found is None:
            raise forms.ValidationError(
                _("No application has this code. Look at every letter. A draft is kept for 90 days.")
            )
        self.application = found
        return self.cleaned_data["code"]


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your email address"),
        help_text=_("The one that you wrote in the application."),
        max_length=254,
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an email address like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
