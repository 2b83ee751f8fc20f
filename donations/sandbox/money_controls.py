"""What a test or a demo may do to money that has come in: pay it back, dispute it, pay it out, move it."""

from collections.abc import Callable
from typing import Any

from donations.sandbox import banks, debits, disputes, fraud_warnings, movements, payouts, refunds
from donations.sandbox.disputes import Complaint
from donations.sandbox.world import Json, World, copied

Told = dict[str, Any]


def rates(world: World, told: Told) -> Json:
    """Dollars for one unit of each currency, from now on; those left out have their fixed rate again."""
    movements.set_rates(world, told)
    return {"rates": world.noted("rates")}


def refund(world: World, told: Told) -> Json:
    """A refund from Stripe's dashboard; `pending` where it waits for money, until it is advanced."""
    told = dict(told)
    pending = bool(told.pop("pending", False))
    return refunds.create(world, told, pending=pending)


def hold_refunds(world: World, told: Told) -> Json:
    """So many (`times`) of the next refunds begin pending."""
    refunds.hold(world, int(told.get("times", 1)))
    return {"times": world.noted("account")["refunds_to_hold"]}


def advance_refund(world: World, told: Told) -> Json:
    """`refund` becomes `to`: succeeded, failed (with `reason`) or canceled."""
    if (why := told.get("reason", "unknown")) not in refunds.FAILURES:
        raise ValueError(f"reason is one of {', '.join(refunds.FAILURES)}")
    return refunds.advance(world, world.shelf("refunds")[told["refund"]], told["to"], why)


def dispute(world: World, told: Told) -> Json:
    """A bank complains of a `charge` or `payment_intent`; see Complaint for what else can be said."""
    told = dict(told)
    charge = _charge(world, told)
    if told.get("prevented", "") not in {"", "block", "resolution"}:
        raise ValueError("prevented is block or resolution")
    return disputes.begin(world, charge, Complaint(**{"amount": charge["amount"]} | told))


def escalate_dispute(world: World, told: Told) -> Json:
    """An inquiry becomes a dispute."""
    return disputes.escalate(world, world.shelf("disputes")[told["dispute"]])


def close_dispute(world: World, told: Told) -> Json:
    """`outcome`: won, lost, warning_closed or prevented. `fee_back`: cents of its fee that Stripe gives back."""
    closed = world.shelf("disputes")[told["dispute"]]
    return disputes.close(world, closed, told["outcome"], fee_back=int(told.get("fee_back", 0)))


def restate_dispute(world: World, told: Told) -> Json:
    """`dispute` has this `status` from now on, whatever it means; no money moves."""
    return disputes.restate(world, world.shelf("disputes")[told["dispute"]], str(told["status"]))


def warn(world: World, told: Told) -> Json:
    """A bank suspects fraud behind a `charge` or `payment_intent`."""
    told = dict(told)
    charge, kind = _charge(world, told), told.get("fraud_type", "misc")
    if kind not in fraud_warnings.KINDS:
        raise ValueError(f"fraud_type is one of {', '.join(fraud_warnings.KINDS)}")
    return fraud_warnings.warn(world, charge, kind)


def pay_out(world: World, told: Told) -> Json:
    """All that is available, or an `amount` with `automatic` false."""
    return payouts.create(world, told.get("amount"), automatic=told.get("automatic", True))


def advance_payout(world: World, told: Told) -> Json:
    """`payout` becomes `to`: in_transit, paid, failed (also after paid; with `reason`) or canceled."""
    moved = world.shelf("payouts")[told["payout"]]
    return payouts.advance(world, moved, told["to"], told.get("reason", "could_not_process"))


def compose_payout(world: World, told: Told) -> Json:
    """Stripe says now which money `payout` is made of."""
    payouts.compose(world, told["payout"])
    return world.shelf("payouts")[told["payout"]]


def daily_payouts(world: World, told: Told) -> Json:
    """`daily`: at each midnight from now on, all that is available is paid out; or no more."""
    payouts.every_day(world, bool(told["daily"]))
    return {"daily": bool(told["daily"])}


def advance_debit(world: World, told: Told) -> Json:
    """The pending bank debit of a `charge` or `payment_intent` becomes `to`: succeeded, or failed for want of money.

    One that had succeeded comes back: bounced (payment_failure_refund), reversed (payment_reversal), or disputed.
    """
    charge = _charge(world, dict(told))
    ends: dict[str, Callable[[], object]] = {
        "succeeded": lambda: debits.succeed(world, charge),
        "failed": lambda: debits.fail(world, charge, banks.NO_FUNDS),
        "bounced": lambda: debits.come_back(world, charge, "bounced"),
        "reversed": lambda: debits.come_back(world, charge, "reversed"),
        "disputed": lambda: disputes.return_debit(world, charge, "debit_not_authorized"),
    }
    ends[told["to"]]()
    return charge


def move(world: World, told: Told) -> Json:
    """Anything else on the balance: `type`, `amount` in US cents, and perhaps `fee`, `source`, `description`,
    `reporting_category`."""
    return movements.move(
        world,
        told["type"],
        int(told["amount"]),
        fee=int(told.get("fee", 0)),
        source=told.get("source"),
        description=told.get("description"),
        category=told.get("reporting_category", ""),
    )


def _charge(world: World, told: Told) -> Json:
    intent = told.pop("payment_intent", None)
    name = world.shelf("payment_intents")[intent]["latest_charge"] if intent else told.pop("charge")
    return world.shelf("charges")[name]


def _answered(deed: Callable[[World, Told], Json]) -> Callable[[World, Told], Json]:
    """The deed under the world's lock, and its answer as it is now."""

    def locked(world: World, told: Told) -> Json:
        with world.changed:
            return copied(deed(world, told))

    return locked


DEEDS = {
    path: _answered(deed)
    for path, deed in {
        "debits/advance": advance_debit,
        "disputes": dispute,
        "disputes/close": close_dispute,
        "disputes/escalate": escalate_dispute,
        "disputes/status": restate_dispute,
        "fraud-warnings": warn,
        "movements": move,
        "payouts": pay_out,
        "payouts/advance": advance_payout,
        "payouts/compose": compose_payout,
        "payouts/daily": daily_payouts,
        "rates": rates,
        "refunds": refund,
        "refunds/advance": advance_refund,
        "refunds/hold": hold_refunds,
    }.items()
}
