"""Stories for staff: ours are drafts that another person publishes, all can be taken down at once by anyone here."""

import base64
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.steps import Step, StepAdmin, signed_in
from appeal.stories import Story, StoryPhoto, StoryTranslation
from appeal.uploads import PICTURES
from appeal.uploads.fields import AttachmentField

OF_THE_STORY = ("campaign", "title", "language", "text", "corrects", "written_by")


class ReadBefore(Step):
    """What is published is what was read."""

    read_at = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, subject: Any) -> None:
        super().__init__(data, subject=subject, initial={"read_at": self.saved(subject)})

    @staticmethod
    def saved(subject: Any) -> str:
        return subject.written_at.isoformat() if subject.written_at else ""

    def clean_read_at(self) -> str:
        read: str = self.cleaned_data["read_at"]
        if read != self.saved(self.subject):
            raise forms.ValidationError(_("This was changed since you read it. Please read it again."))
        return read


class PublishStory(ReadBefore):
    title = _("Publish")
    meaning = _(
        "Everyone can read it from now on, here and in the feeds that others follow. Check that neither words nor"
        " photos tell of a group, person or place that is in danger or did not agree. What it corrects goes."
    )
    permission = "appeal.publish_story"

    @classmethod
    def open_to(cls, subject: Story) -> bool:
        return subject.draft and not subject.taken_down

    def picture(self) -> str:
        return pictures(self.subject)

    def take(self, by: User) -> None:
        self.subject.publish(by=by, at=timezone.now())


class AddPhoto(Step):
    title = _("Add a photo")
    meaning = _("It is drawn anew in two sizes, without what the camera wrote about place and time.")
    permission = "appeal.change_story"

    file = AttachmentField(label=_("Photo"), help_text=_("JPG or PNG, at most 5 MB."), kinds=PICTURES)
    description = forms.CharField(
        label=_("What does it show?"),
        max_length=300,
        help_text=_("One sentence, for those who cannot see it. Write no names."),
    )
    consent = forms.CharField(
        label=_("Who agreed that it is shown, and how?"),
        max_length=300,
        help_text=_("Everybody who can be recognised in it; if nobody can, say so. The public does not see this."),
    )

    open_to = PublishStory.open_to

    def picture(self) -> str:
        return pictures(self.subject)

    def take(self, by: User) -> None:
        told = self.cleaned_data
        self.subject.add_photo(told["file"], told["description"], consent=told["consent"])


class TakePhotosAway(Step):
    title = _("Take the photos away")
    meaning = _("They are deleted at once, everywhere on our pages. The words stay.")
    permission = "appeal.change_story"

    @classmethod
    def open_to(cls, subject: Story) -> bool:
        return subject.photos.exists()

    def picture(self) -> str:
        return pictures(self.subject)

    def take(self, by: User) -> None:
        self.subject.photos.all().delete()


class CorrectStory(Step):
    title = _("Correct")
    meaning = _(
        "Your text becomes a draft. Once another person publishes it, it takes this one's place, with its photos; its"
        " translations are shown no more."
    )
    permission = "appeal.add_story"

    heading = forms.CharField(label=_("Title"), max_length=120)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, data: Any = None, *, subject: Story) -> None:
        super().__init__(data, subject=subject, initial={"heading": subject.title, "text": subject.text})

    @classmethod
    def open_to(cls, subject: Story) -> bool:
        return subject.is_ours and subject.is_shown

    def take(self, by: User) -> None:
        told = self.cleaned_data
        self.subject.correct(title=told["heading"], text=told["text"], by=by, on=timezone.localdate())


class TranslateStory(Step):
    title = _("Translate")
    meaning = _("It is shown beside the original once another person publishes it. Tell no more than it does.")
    permission = "appeal.add_storytranslation"

    language = forms.CharField(
        label=_("Language"), max_length=12, validators=[known_language], help_text=_("Its code, such as en, fa or my.")
    )
    heading = forms.CharField(label=_("Title"), max_length=120)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 12}))

    @classmethod
    def open_to(cls, subject: Story) -> bool:
        return not subject.taken_down

    def take(self, by: User) -> None:
        told = self.cleaned_data
        self.subject.translate(language=told["language"], title=told["heading"], text=told["text"], by=by)


class TakeDown(Step):
    title = _("Take down")
    meaning = _("It is shown nowhere from now on, for good, and its photos are deleted. A draft is dropped.")
    permission = "appeal.change_story"

    @classmethod
    def open_to(cls, subject: Story) -> bool:
        return not subject.taken_down

    def take(self, by: User) -> None:
        self.subject.take_down()


def pictures(story: Story) -> SafeString:
    """Inside the page itself: a draft's photos have no address."""
    return format_html_join(
        "",
        '<p><img src="data:image/jpeg;base64,{}" alt="{}" width="300"><br>{} ({})</p>',
        ((inline(photo), photo.description, photo.description, photo.consent) for photo in story.photos.all()),
    )


def inline(photo: StoryPhoto) -> str:
    return base64.b64encode(photo.small or photo.jpeg).decode()


@admin.register(Story)
class StoryAdmin(StepAdmin):
    """Whoever saved a draft last has written it."""

    steps = {
        "publish": PublishStory,
        "photo": AddPhoto,
        "no-photos": TakePhotosAway,
        "translate": TranslateStory,
        "correct": CorrectStory,
        "take-down": TakeDown,
    }
    facts = OF_THE_STORY
    fields = ("campaign", "title", "language", "text")
    list_display = ("title", "campaign", "month", "language", "standing", "written_by", "published_by")
    list_select_related = ("campaign", "written_by", "published_by")
    list_filter = ("draft", "taken_down", "campaign")
    search_fields = ("title",)

    def get_fields(self, request: HttpRequest, obj: Story | None = None) -> Any:
        kept = ("standing", "month", "corrects", "written_by", "published_by", "photos_of_it")
        return (*self.fields, *kept) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Story | None = None) -> Any:
        kept = ("campaign", "standing", "month", "corrects", "written_by", "published_by", "photos_of_it")
        return kept if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Story | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or PublishStory.open_to(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Story | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Story, form: ModelForm[Any], change: bool) -> None:
        by = signed_in(request)
        words = {"title": obj.title, "text": obj.text, "language": obj.language}
        if change:
            obj.rewrite(by=by, **words)
        else:
            obj.pk = Story.objects.draft(by=by, on=timezone.localdate(), campaign=obj.campaign, **words).pk

    @admin.display(description=_("standing"))
    def standing(self, story: Story) -> Any:
        if story.taken_down:
            return _("taken down")
        return _("draft") if story.draft else _("shown")

    @admin.display(description=_("photos"))
    def photos_of_it(self, story: Story) -> SafeString | str:
        return pictures(story) or "-"


class PublishTranslation(ReadBefore):
    title = _("Publish")
    meaning = _("It is shown beside the original. Check that it tells no more than the original does.")
    permission = "appeal.publish_story"

    @classmethod
    def open_to(cls, subject: StoryTranslation) -> bool:
        return subject.is_draft

    def picture(self) -> str:
        return format_html(
            '<h2 dir="auto">{}</h2><p dir="auto">{}</p>', self.subject.story.title, self.subject.story.text
        )

    def take(self, by: User) -> None:
        self.subject.publish(by=by, at=timezone.now())


class TakeTranslationAway(Step):
    title = _("Take away")
    meaning = _("It is shown nowhere from now on, for good. Another one may be written.")
    permission = "appeal.change_storytranslation"

    @classmethod
    def open_to(cls, subject: StoryTranslation) -> bool:
        return not subject.taken_down

    def take(self, by: User) -> None:
        self.subject.take_away()


@admin.register(StoryTranslation)
class StoryTranslationAdmin(StepAdmin):
    """Written by a step of its story; not edited, but taken away and written anew."""

    steps = {"publish": PublishTranslation, "take-away": TakeTranslationAway}
    facts = ("story", "language", "title", "text", "written_by")
    fields = readonly_fields = (*facts, "written_at", "published_by", "published_at", "taken_down")
    list_display = ("title", "language", "story", "written_by", "published_by", "taken_down")
    list_select_related = ("story", "written_by", "published_by")
    list_filter = ("language", "taken_down")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StoryTranslation | None = None) -> bool:
        """By steps alone; but who has the permission sees the list's links."""
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: StoryTranslation | None = None) -> bool:
        return False
