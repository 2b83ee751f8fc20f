"""Early fraud warnings: what a donor's bank suspects before it acts."""

from donations.sandbox.events import tell
from donations.sandbox.world import Json, World

KINDS = (
    "card_never_received", "fraudulent_card_application", "made_with_counterfeit_card", "made_with_lost_card",
    "made_with_stolen_card", "misc", "unauthorized_use_of_card",
)  # fmt: skip


def warn(world: World, charge: Json, kind: str = "misc") -> Json:
    """While nothing has gone back, the warning can be acted on."""
    warning = {
        "id": world.mint("issfr_1"),
        "object": "radar.early_fraud_warning",
        "actionable": not charge["refunded"] and not charge["disputed"],
        "charge": charge["id"],
        "created": world.today(),
        "fraud_type": kind,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    world.shelf("fraud_warnings").put(warning)
    world.noted(charge["id"]).setdefault("fraud_warnings", []).append(warning["id"])
    tell(world, "radar.early_fraud_warning.created", warning)
    return warning


def spend(world: World, charge: Json) -> None:
    """The gift has gone back, or is disputed by now: its warnings are of no use any more."""
    for name in world.noted(charge["id"]).get("fraud_warnings", []):
        warning = world.shelf("fraud_warnings")[name]
        if warning["actionable"]:
            warning["actionable"] = False
            tell(world, "radar.early_fraud_warning.updated", warning, before={"actionable": True})
