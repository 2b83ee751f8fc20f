"""One JSON object a line. Messages carry row ids, never names, addresses or amounts of people."""

import json
import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import format_tb

from django.http import HttpRequest, HttpResponse

SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestId:
    """Names each request, so that its log lines and the proxy's are found together; the answer carries the name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        name = given if SAFE_ID.fullmatch(given) else secrets.token_hex(8)
        request.META["REQUEST_ID"] = name  # Django logs a refusal after the middleware has ended
        before = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(before)
        response["X-Request-Id"] = name
        return response


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if isinstance(request, HttpRequest):
            line["message"] = _without_address(line["message"], request)
        if name := request_id.get() or getattr(request, "META", {}).get("REQUEST_ID"):
            line["request"] = name
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = told(record.exc_info[1])
            if record.name == "celery.app.trace":  # its message repeats the error, and with it a row of the database
                line["message"] = f"task failed: {type(record.exc_info[1]).__qualname__}"
        return json.dumps(line, ensure_ascii=False)


def told(error: BaseException) -> str:
    """The traceback with one line for each error: after its first, PostgreSQL repeats the row, people and all."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = f"{told(cause)}\n" if cause else ""
    first_line = str(error).partition("\n")[0]
    return f"{earlier}{''.join(format_tb(error.__traceback__))}{type(error).__qualname__}: {first_line}"


def _without_address(message: str, request: HttpRequest) -> str:
    """The route in place of the address, which may hold a receipt's or a donor's private key."""
    route = f"/{request.resolver_match.route}" if request.resolver_match else "(no such page)"
    return message.replace(request.path, route)
