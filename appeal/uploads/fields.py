"""The field of a form that takes a file."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.uploads import MOST_BYTES, Kind, Upload, read


class AttachmentField(forms.FileField):
    """Cleans to an Upload. Of a file that is too large no more is read than shows it."""

    default_error_messages = {
        "required": _("Choose a file."),
        "missing": _("Choose a file."),
        "invalid": _("The file did not arrive. Choose it again."),
        "empty": _("This file is empty. Choose the file again."),
    }

    def __init__(self, *, kinds: Collection[Kind] = tuple(Kind), **given: Any) -> None:
        self.kinds = kinds
        accepted = ",".join(f".{extension}" for extension in [*kinds, "jpeg"])
        super().__init__(widget=forms.FileInput(attrs={"accept": accepted}), **given)

    def to_python(self, data: Any) -> Upload | None:  # type: ignore[override]
        file = super().to_python(data)
        if file is None:
            return None
        try:
            return read(file.name or "", file.read(MOST_BYTES + 1), self.kinds)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
