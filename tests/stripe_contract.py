"""Stripe's published contract as an oracle: would Stripe take this request, and could it have given this answer?

The folder named by STRIPE_CONTRACT_DIR holds the oracle (contract.py) and Stripe's OpenAPI description.
"""

import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from donations.sandbox.process import Sandbox

UNSET = "STRIPE_CONTRACT_DIR is not set: it names the folder with contract.py and openapi-subset.json"

EARLY_FRAUD_WARNING = {  # missing in the subset; written after Stripe's reference and the SDK's class
    "type": "object",
    "required": ["actionable", "charge", "created", "fraud_type", "id", "livemode", "object"],
    "properties": {
        "actionable": {"type": "boolean"},
        "charge": {"type": "string"},
        "created": {"type": "integer"},
        "fraud_type": {"type": "string"},
        "id": {"type": "string"},
        "livemode": {"type": "boolean"},
        "object": {"enum": ["radar.early_fraud_warning"], "type": "string"},
        "payment_intent": {"type": "string"},
    },
}


class Contract(Protocol):
    """Each answers with what is wrong, and with nothing where all is well."""

    def request(self, method: str, url: str, body: str) -> list[str]: ...
    def response(self, method: str, url: str, status: int, obj: Any) -> list[str]: ...
    def event(self, ev: Any) -> list[str]: ...
    def op(self, method: str, path: str) -> Any: ...


@cache
def load() -> Contract | None:
    """The oracle, at the API version that our SDK speaks; None where it is not to be had."""
    folder = os.environ.get("STRIPE_CONTRACT_DIR")
    if not folder:
        return None
    spec = importlib.util.spec_from_file_location("stripe_contract_oracle", Path(folder, "contract.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    description = json.loads(Path(folder, "openapi-subset.json").read_text())
    description["components"]["schemas"].setdefault("radar.early_fraud_warning", EARLY_FRAUD_WARNING)
    overlay = {place: patch for place, patch in module.ENDIVE.items() if _describes(description, place)}
    oracle: Contract = module.Oracle(description, overlay=overlay, strict=True)
    return oracle


def _describes(description: Any, place: str) -> bool:
    """Whether a part of Stripe's API that the overlay corrects is in the description at all."""
    for step in place.lstrip("#/").split("/"):
        description = description.get(step.replace("~1", "/").replace("~0", "~"), {})
    return bool(description)


@pytest.fixture(scope="session")
def contract() -> Contract:
    oracle = load()
    if oracle is None:
        pytest.skip(UNSET)
    return oracle


def breaches(contract: Contract, sandbox: Sandbox) -> list[str]:
    """What in all of a sandbox's traffic Stripe would not have accepted or answered. Refused requests may be wrong."""
    found = []
    for each in sandbox.look("requests")["requests"]:
        method, url, status = each["method"], each["url"], each["status"]
        if contract.op(method, each["path"]) is None:
            continue
        if status == 200:
            found += [f"{method} {url}: {problem}" for problem in contract.request(method, url, each["body"])]
        if each["response"]:
            problems = contract.response(method, url, status, each["response"])
            found += [f"{method} {url} -> {status}: {problem}" for problem in problems]
    for event in sandbox.look("events")["events"]:
        found += [f"{event['type']}: {problem}" for problem in contract.event(event)]
    return found
