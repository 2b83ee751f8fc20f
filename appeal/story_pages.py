"""Stories in public: one, a list of them, their photos, and the feed. What is taken down is gone from all at once."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appeal import feed, freshness
from appeal.models import Campaign
from appeal.sharing import Share, whole
from appeal.stories import Story, StoryPhoto, StoryQuerySet, withdrawn
from appeal.told import StoryList, StoryPage, ToldStory

A_PAGE = 12
MOST_FED = 30
MEDIA_TYPES = {"jpg": "image/jpeg", "avif": "image/avif", "webp": "image/webp"}
WHOLE = {"jpg": "jpeg", "avif": "avif", "webp": "webp"}
SMALL = {"jpg": "small", "avif": "small_avif", "webp": "small_webp"}


@require_safe
def story(request: HttpRequest, key: str, language: str = "") -> HttpResponse:
    """In the reader's language where there is a translation, or in the one that the address names."""
    try:
        return freshness.serve(request, "appeal/story.html", lambda: page_of(key, language), unless_changed=withdrawn())
    except Story.DoesNotExist:
        return to_its_correction(key)


def page_of(key: str, language: str) -> StoryPage:
    told = Story.objects.shown().filter(key=key).told().first()
    if told is None:
        raise Story.DoesNotExist
    page = StoryPage.of(told, language)
    if language and page.story.shown.language != language:
        raise Http404
    return page


def to_its_correction(key: str) -> HttpResponse:
    """From the address of a story to that of the text that took its place, which may have gone the same way."""
    return redirect(get_object_or_404(Story, corrects__key=key, draft=False))


@require_safe
def story_list(request: HttpRequest, slug: str = "", key: str = "") -> HttpResponse:
    return freshness.serve(request, "appeal/stories.html", lambda: list_of(slug, key), unless_changed=withdrawn())


def list_of(slug: str, key: str) -> StoryList:
    """From the newest, or from the one of this key on; by its place and not by a count, so that none is shown twice."""
    share, found = share_of(slug), of_appeal(slug)
    if key:
        found = found.older_than(get_object_or_404(Story, key=key).key)
    told = [ToldStory.of(each) for each in found.told()[: A_PAGE + 1]]
    older = older_path(slug, told[A_PAGE - 1].key) if len(told) > A_PAGE else ""
    return StoryList(share.title if slug else "", slug, tuple(told[:A_PAGE]), older, share)


def share_of(slug: str) -> Share:
    """Of the list: all stories, or those of an appeal that has a public page."""
    if not slug:
        return replace(Share.of_home(), address=whole(reverse("appeal:stories")))
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    return Share.of_appeal(slug, campaign.title, campaign.summary, reverse("appeal:stories-of", args=[slug]))


def older_path(slug: str, key: str) -> str:
    return (
        reverse("appeal:stories-of-before", args=[slug, key]) if slug else reverse("appeal:stories-before", args=[key])
    )


def of_appeal(slug: str) -> StoryQuerySet:
    return Story.objects.shown().filter(campaign__slug=slug) if slug else Story.objects.shown()


@require_safe
def story_feed(request: HttpRequest, slug: str = "") -> HttpResponse:
    return freshness.serve_made(
        request, lambda: feed_of(slug), kind="application/atom+xml; charset=utf-8", unless_changed=withdrawn()
    )


def feed_of(slug: str) -> bytes:
    """The newest, each in the language it was told in: a feed is read by a program for whoever reads it."""
    share = share_of(slug)
    title = _("What your gifts did: %(title)s") % {"title": share.title}
    return feed.atom(title, share.address, share.feed, list(of_appeal(slug).told()[:MOST_FED]))


@require_safe
def photo(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    return as_kept(request, key, kind, WHOLE)


@require_safe
def small_photo(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    return as_kept(request, key, kind, SMALL)


def as_kept(request: HttpRequest, key: str, kind: str, columns: dict[str, str]) -> HttpResponse:
    """Asked for again each time, so that a story that is taken down is gone from every browser."""
    if kind not in columns:
        raise Http404
    shown = StoryPhoto.objects.filter(key=key, story__in=Story.objects.shown())
    content: bytes | None = shown.values_list(columns[kind], flat=True).first()
    if content is None:
        raise Http404
    etag = f'"{key}-{columns[kind]}"'
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "ETag": etag}
    answer = HttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)
    return get_conditional_response(request, etag, response=answer) or answer
