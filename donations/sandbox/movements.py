"""Money that moves on the balance: at which rate, from when it can be paid out, and what all of it adds up to."""

from decimal import Decimal

from donations.sandbox import currencies, objects
from donations.sandbox.currencies import SETTLEMENT
from donations.sandbox.world import Json, World, copied

CATEGORIES = {  # how Stripe's reports group its types; every other type is a group of its own
    "payment": "charge",
    "payment_failure_refund": "charge_failure",
    "payment_refund": "refund",
    "payment_reversal": "charge_failure",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "reserve_hold": "risk_reserved_funds",
    "reserve_release": "risk_reserved_funds",
    "reserved_funds": "risk_reserved_funds",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "tax",
}


def move(
    world: World,
    kind: str,
    amount: int,
    *,
    source: str | None = None,
    description: str | None = None,
    category: str = "",
    fee: int = 0,
    fee_for: str = "Stripe processing fees",
    rate: Decimal | float | None = None,
    available_on: int = 0,
) -> Json:
    """Put it on the balance, in the settlement currency. Without a later day it is available at once."""
    row = objects.balance_transaction(
        world,
        kind=kind,
        category=category or CATEGORIES.get(kind, kind),
        amount=amount,
        fee=fee,
        fee_for=fee_for,
        currency=SETTLEMENT,
        rate=rate,
        source=source,
        description=description,
        available_on=max(available_on, world.today()),
    )
    world.shelf("balance_transactions").put(row)
    if available_on > world.today():
        world.later(available_on, "mature", row["id"])
    else:
        row["status"] = "available"
    return row


def mature(world: World, transaction_id: str) -> None:
    row = world.shelf("balance_transactions")[transaction_id]
    row["status"] = "available"
    if dispute := world.shelf("disputes").get(row["source"] or ""):
        embed(world, dispute)


def embed(world: World, dispute: Json) -> None:
    """A dispute carries its movements with it, as they are now."""
    moved = world.noted(dispute["id"]).get("moved", [])
    dispute["balance_transactions"] = [copied(world.shelf("balance_transactions")[name]) for name in moved]


def available_with(world: World, charge: Json) -> int:
    """Money that goes back is taken from where the charge's is: what is still pending is paid out with it, at zero."""
    row = world.shelf("balance_transactions").get(charge["balance_transaction"] or "")
    return row["available_on"] if row else 0


def exchange_rate(world: World, currency: str) -> Decimal | None:
    """Today's, in US cents for one smallest unit."""
    told = world.noted("rates").get(currency)
    return Decimal(told).scaleb(2 - currencies.exponent(currency)) if told else currencies.exchange_rate(currency)


def worth(world: World, amount: int, currency: str) -> tuple[int, Decimal | None]:
    """What it comes to in US cents today, and the rate; None for dollars, which are not exchanged."""
    rate = exchange_rate(world, currency)
    return (amount if rate is None else currencies.rounded(amount * rate)), rate


def set_rates(world: World, told: dict[str, str]) -> None:
    """Dollars for one unit of each currency; those left out have their fixed rate again."""
    for currency, dollars in told.items():
        if currency == SETTLEMENT or currency not in currencies.SUPPORTED or Decimal(dollars) <= 0:
            raise ValueError(f"{currency}={dollars} is no rate against the dollar")
    world.notes["rates"] = {currency: str(dollars) for currency, dollars in told.items()}


def balance(world: World) -> Json:
    """What the balance transactions add up to."""
    sums = {"available": 0, "pending": 0}
    for row in world.shelf("balance_transactions"):
        sums[row["status"]] += row["net"]
    parts = {
        status: [{"amount": amount, "currency": SETTLEMENT, "source_types": {"card": amount}}]
        for status, amount in sums.items()
    }
    return {"object": "balance", "livemode": False, **parts}
