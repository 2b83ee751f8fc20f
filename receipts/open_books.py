"""The open books to read, for people and programs: the signed checkpoints, the leaves, the proofs, and the checker."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_safe

from appeal.throttle import MINUTE, is_flood
from receipts import verify
from receipts.log import bundle, papers, tree
from receipts.models import LogLeaf, Receipt, SignedCheckpoint

MOST_LEAVES = 1000
FOR_GOOD = 365 * 24 * 3600


class Misasked(Exception):
    """There is no answer to this; str() is the sentence."""

    def __init__(self, sentence: str, status: int = 404) -> None:
        super().__init__(sentence)
        self.status = status


def open_to_all[**P](view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Anyone may read, also pages of other sites, as often as the API; what cannot be answered is told in JSON."""

    @conditional_page
    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            if is_flood(request, "api-calls", settings.API_CALLS_A_MINUTE, MINUTE):
                raise Misasked(_("Too many calls in this minute. Call again in the next."), 429)
            response = view(request, *args, **kwargs)
        except Misasked as problem:
            response = JsonResponse({"detail": str(problem)}, status=problem.status)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if "Cache-Control" not in response.headers:
            patch_cache_control(response, no_cache=True)
        return response

    return answer


def for_good(response: HttpResponse) -> HttpResponse:
    """What will never be another."""
    patch_cache_control(response, public=True, max_age=FOR_GOOD, immutable=True)
    return response


def current() -> SignedCheckpoint:
    found = SignedCheckpoint.objects.current()
    if found is None:
        raise Misasked(_("Nothing has been signed yet."))
    return found


def number(request: HttpRequest, name: str, default: int | None = None) -> int:
    """A whole number out of the address, from 0."""
    given = request.GET.get(name, "" if default is None else str(default))
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise Misasked(_("Say %(name)s as a whole number, such as 0 or 12.") % {"name": name}, 400)
    return int(given)


def signed_size(size: int) -> int:
    """A size that the log has had, as far as it is signed."""
    if not 0 < size <= current().size:
        raise Misasked(_("The log has had sizes from 1 to %(size)d.") % {"size": current().size})
    return size


# For people


@conditional_page
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this is, and how to check."""
    checkpoint = SignedCheckpoint.objects.current()
    key = bundle.later_keys(checkpoint)["key"] if checkpoint else ""
    response = render(request, "receipts/open_books.html", {"checkpoint": checkpoint, "key": key})
    patch_cache_control(response, no_cache=True)
    return response


# For programs


@open_to_all
def checkpoint(request: HttpRequest) -> HttpResponse:
    return as_text(current().note)


@open_to_all
def checkpoint_of(request: HttpRequest, size: str) -> HttpResponse:
    """The one of this size. Between two there is none."""
    asked = (
        SignedCheckpoint.objects.filter(size=int(size))
        if size.isascii() and size.isdecimal() and len(size) < 19
        else None
    )
    found = asked and asked.first()
    if not found:
        raise Misasked(_("No checkpoint has so many leaves."))
    return for_good(as_text(found.note))


@open_to_all
def inclusion(request: HttpRequest) -> HttpResponse:
    """That a leaf is in the tree of a size: ?index= or ?hash=, and ?size=, which is the signed one without."""
    size = signed_size(number(request, "size", current().size))
    leaf = asked_leaf(request)
    if leaf.index >= size:
        raise Misasked(_("Leaf %(index)d is not in a tree of %(size)d.") % {"index": leaf.index, "size": size})
    proof = [each.hex() for each in tree.inclusion(leaf.index, size)]
    told = {"index": leaf.index, "size": size, "leaf_hash": bytes(leaf.leaf_hash).hex(), "proof": proof}
    answer = JsonResponse(told | {"root": tree.root(size).hex()})
    return for_good(answer) if "size" in request.GET else answer


def asked_leaf(request: HttpRequest) -> LogLeaf:
    if "hash" not in request.GET:
        found = LogLeaf.objects.filter(index=number(request, "index"))
    else:
        found = LogLeaf.objects.filter(leaf_hash=hash_in(request.GET["hash"])).order_by("index")
    leaf = found.filter(index__lt=current().size).first()
    if leaf is None:
        raise Misasked(_("The log has no such leaf, as far as it is signed."))
    return leaf


def hash_in(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise Misasked(_("Say hash as 64 letters from 0 to 9 and a to f."), 400)
    return found


@open_to_all
def consistency(request: HttpRequest) -> HttpResponse:
    """That the tree of the ?second= size begins with all of that of the ?first=."""
    first, second = signed_size(number(request, "first")), signed_size(number(request, "second"))
    if first > second:
        raise Misasked(_("Say the smaller size as first, and the larger as second."), 400)
    proof = [each.hex() for each in tree.consistency(first, second)]
    roots = {"first_root": tree.root(first).hex(), "second_root": tree.root(second).hex()}
    return for_good(JsonResponse({"first": first, "second": second, "proof": proof} | roots))


@open_to_all
def leaves(request: HttpRequest) -> HttpResponse:
    """Leaves as they are hashed, from ?start= on, ?count= of them. Salted ones tell nothing of what they are about."""
    start, count = number(request, "start", 0), number(request, "count", MOST_LEAVES)
    if not 0 < count <= MOST_LEAVES:
        raise Misasked(_("Ask for 1 to %(most)d leaves at once.") % {"most": MOST_LEAVES}, 400)
    size = current().size
    found = LogLeaf.objects.filter(index__gte=start, index__lt=min(start + count, size)).order_by("index")
    told = [bytes(leaf).decode() for leaf in found.values_list("leaf", flat=True)]
    answer = JsonResponse({"start": start, "size": size, "leaves": told})
    return for_good(answer) if len(told) == count else answer


@open_to_all
def key(request: HttpRequest) -> HttpResponse:
    """The log's first key, and each that followed with what the one before it signed."""
    return JsonResponse(bundle.later_keys(current()))


@open_to_all
def checker(request: HttpRequest) -> HttpResponse:
    """verify.py, which checks all of this with the network off."""
    source = cache.get_or_set("open-books-checker", lambda: Path(verify.__file__).read_bytes())
    headers = {"Content-Disposition": 'attachment; filename="verify.py"'}
    return HttpResponse(source, content_type="text/x-python; charset=utf-8", headers=headers)


def as_text(note: str) -> HttpResponse:
    return HttpResponse(note, content_type="text/plain; charset=utf-8")


# For the donor


@never_cache
@require_safe
def proof_of_receipt(request: HttpRequest, key: str) -> HttpResponse:
    """The salt and the proof, for whoever has the address that was mailed to the donor."""
    receipt = get_object_or_404(Receipt, key=key)
    leaf = papers.leaves_of(receipt).of("receipt").first()
    response = JsonResponse(told(leaf), json_dumps_params={"indent": 1}, headers={"X-Robots-Tag": "noindex"})
    response.headers["Content-Disposition"] = f'attachment; filename="{receipt.number}.json"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def told(leaf: LogLeaf | None) -> dict[str, Any]:
    try:
        if leaf is not None:
            return bundle.manifest(leaf)
    except bundle.NotSignedYet:
        pass
    raise Http404(_("This receipt is not in a signed checkpoint yet. It will be, in a minute."))
