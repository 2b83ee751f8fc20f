"""Stripe's API: who asks, in which version, whether it was asked before, and then the deed."""

import base64
import binascii
import json
import time
from collections import deque
from dataclasses import dataclass

from donations.sandbox import errors, form, params
from donations.sandbox.errors import StripeError
from donations.sandbox.expansion import expanded
from donations.sandbox.faults import Fault, Faults
from donations.sandbox.idempotency import Keys
from donations.sandbox.objects import API_VERSION
from donations.sandbox.routes import Call, Route, find
from donations.sandbox.wire import Answer, Request, as_json
from donations.sandbox.world import Cause, Json, World

LOGGED = 5000
FORM = "application/x-www-form-urlencoded"
EXPAND = params.array(params.text())


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a known address: its parameters as they came, and its names."""

    method: str
    path: str
    route: Route
    name: str
    raw: Json
    key: str | None
    request_id: str


class Api:
    def __init__(self, world: World, api_key: str = "") -> None:
        self.world = world
        self.faults = Faults()
        self.keys = Keys()
        self.log: deque[Json] = deque(maxlen=LOGGED)
        self.asked = 0
        self._api_key = api_key

    def answer(self, request: Request) -> Answer:
        with self.world.changed:
            request_id = self.world.mint("req_", 14)
            self.asked += 1
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Cache-Control": "no-cache, no-store"}
        if key := request.headers.get("Idempotency-Key"):
            headers["Idempotency-Key"] = key
        try:
            answer = self._obey(request, request_id, headers)
        except StripeError as refused:
            headers["Stripe-Should-Retry"] = "true" if refused.should_retry else "false"
            answer = as_json({"error": refused.error}, refused.status, headers)
        self._remember(request, request_id, answer)
        return answer

    def clear(self) -> None:
        self.faults.clear()
        self.keys.clear()
        self.log.clear()

    def _obey(self, request: Request, request_id: str, headers: dict[str, str]) -> Answer:
        self._authenticate(request)
        _check_version(request)
        route, name = find(request.method, request.path)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        asked = Asked(request.method, request.path, route, name, _sent(request), key, request_id)
        fault = self.faults.take(request.method, request.path)
        if fault and fault.status == "drop":
            return Answer(0, lost=True)
        if fault and isinstance(fault.status, int) and fault.status != 500 and not fault.executed:
            raise errors.at_once(fault.status, fault.code, asked.key)
        status, body = self._once(asked, fault, headers)
        if fault and fault.status == "timeout":
            return Answer(0, delay=fault.delay, lost=True)
        return as_json(body, status, headers)

    def _once(self, asked: Asked, fault: Fault | None, headers: dict[str, str]) -> tuple[int, Json]:
        """Do it, or give the answer it had the first time."""
        if asked.key is None:
            return self._do(asked, fault)
        first = self.keys.begin(asked.key, asked.path, asked.raw, now=self.world.now(), request_id=asked.request_id)
        if first and first.body is not None:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
            return first.status, first.body
        try:
            status, body = self._do(asked, fault)
        except BaseException:
            self.keys.forget(asked.key)
            raise
        self.keys.keep(asked.key, status, body)
        return status, body

    def _do(self, asked: Asked, fault: Fault | None) -> tuple[int, Json]:
        if fault and fault.status == "slow":
            time.sleep(fault.delay)
        if fault and fault.status == 500 and not fault.executed:
            return 500, {"error": errors.broken(500).error}
        with self.world.changed:
            self.world.tick()
            body = self._act(asked)
        if fault and isinstance(fault.status, int):
            return fault.status, {"error": errors.broken(fault.status).error}
        return 200, body

    def _act(self, asked: Asked) -> Json:
        raw = dict(asked.raw)
        paths = EXPAND(raw.pop("expand"), "expand") if "expand" in raw else []
        given = params.read(raw, asked.route.fields, required=asked.route.required)
        cause = Cause(asked.request_id, asked.key)
        thing = asked.route.act(Call(self.world, asked.path, asked.name, given, cause))
        opened: Json = json.loads(json.dumps(expanded(self.world, thing, paths)))
        return opened

    def _authenticate(self, request: Request) -> None:
        key = _api_key(request.headers.get("Authorization", ""))
        if not key:
            raise errors.unauthorized(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using"
                " Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
        known = key == self._api_key if self._api_key else key.startswith("sk_test_")
        if not known:
            raise errors.unauthorized(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")

    def _remember(self, request: Request, request_id: str, answer: Answer) -> None:
        self.log.append(
            {
                "id": request_id,
                "method": request.method,
                "path": request.path,
                "url": request.target,
                "body": request.body.decode(errors="replace"),
                "idempotency_key": request.headers.get("Idempotency-Key"),
                "version": request.headers.get("Stripe-Version"),
                "status": answer.status,
                "response": json.loads(answer.body) if answer.body else None,
            }
        )


def _sent(request: Request) -> Json:
    kind = request.headers.get("Content-Type", FORM).partition(";")[0].strip()
    if request.body and kind != FORM:
        raise errors.invalid(f"Invalid request (check that your POST content type is {FORM}). {errors.HELP}")
    try:
        body = request.body.decode()
    except UnicodeDecodeError as error:
        raise errors.invalid("Invalid request: the body is not UTF-8.") from error
    sent: Json = form.decode("&".join(part for part in (request.query, body) if part))
    return sent


def _check_version(request: Request) -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise errors.invalid(f"Invalid Stripe API version: {version}")


def _api_key(header: str) -> str:
    """Of `Bearer key`, or of `Basic`, where the key is the user name."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
