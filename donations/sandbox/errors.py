"""Stripe's refusals: the status, and the body in Stripe's error envelope."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
HELP = "Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
OWN_KEY = "Try using a key other than '{key}' if you meant to execute a different request."


class StripeError(Exception):
    """An answer that is a refusal. `should_retry` becomes the header by which Stripe advises its SDKs."""

    def __init__(self, status: int, error: Json, *, should_retry: bool = False) -> None:
        super().__init__(error["message"])
        self.status = status
        self.error = error
        self.should_retry = should_retry


def refusal(message: str, *, kind: str = "invalid_request_error", code: str = "", param: str = "") -> Json:
    error = {"message": message, "type": kind}
    if code:
        error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
    if param:
        error["param"] = param
    return error


def invalid(message: str, *, param: str = "", code: str = "", status: int = 400) -> StripeError:
    return StripeError(status, refusal(message, code=code, param=param))


def missing(param: str) -> StripeError:
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def unknown(params: Sequence[str]) -> StripeError:
    noun = "parameter" if len(params) == 1 else "parameters"
    return invalid(f"Received unknown {noun}: {', '.join(params)}", param=params[0], code="parameter_unknown")


def empty(param: str) -> StripeError:
    return invalid(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; however"
        f" '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value.",
        param=param,
        code="parameter_invalid_empty",
    )


def not_simulated(what: str, param: str = "") -> StripeError:
    """Stripe could do this and we cannot: better a plain word than a wrong answer."""
    return invalid(f"The Stripe sandbox does not simulate {what}.", param=param)


def no_such(noun: str, name: str, *, param: str = "id", status: int = 400) -> StripeError:
    """404 for the object a URL names, 400 for one that a parameter names."""
    return invalid(f"No such {noun}: '{name}'", param=param, code="resource_missing", status=status)


def unrecognized(method: str, path: str) -> StripeError:
    return invalid(f"Unrecognized request URL ({method}: {path}). {HELP}", status=404)


def unauthorized(message: str) -> StripeError:
    return invalid(message, status=401)


def other_params(key: str) -> StripeError:
    message = (
        f"Keys for idempotent requests can only be used with the same parameters they were first used with."
        f" {OWN_KEY.format(key=key)}"
    )
    return StripeError(400, refusal(message, kind="idempotency_error"))


def other_endpoint(key: str, first: str, now: str) -> StripeError:
    message = (
        f"Keys for idempotent requests can only be used for the same endpoint they were first used for"
        f" ('{now}' instead of '{first}'). {OWN_KEY.format(key=key)}"
    )
    return StripeError(400, refusal(message, kind="idempotency_error"))


def in_flight(key: str) -> StripeError:
    message = (
        f"There is currently another in-progress request using this Idempotent Key (that probably means you submitted"
        f" twice, and the other request is still going through): {key}. Please try again later."
    )
    error = refusal(message, kind="idempotency_error", code="idempotency_key_in_use")
    return StripeError(409, error, should_retry=True)


def at_once(status: int, code: str, key: str | None) -> StripeError:
    """With this status before anything is done."""
    if status == 409:
        return in_flight(key or "none")
    return too_many(code) if status == 429 else broken(status)


def too_many(code: str) -> StripeError:
    """429: `rate_limit` (we ask too often) or `lock_timeout` (somebody else holds the object)."""
    if code == "lock_timeout":
        message = (
            "This object cannot be accessed right now because another API request or Stripe process is currently"
            " accessing it. If you see this error intermittently, retry the request."
        )
        return StripeError(429, refusal(message, code=code), should_retry=True)
    message = (
        "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
    )
    return StripeError(429, refusal(message, code="rate_limit"))


def broken(status: int) -> StripeError:
    message = "An unknown error occurred. The Stripe sandbox was told to fail here."
    return StripeError(status, refusal(message, kind="api_error"))
