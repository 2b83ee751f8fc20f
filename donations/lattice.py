"""Where a donation can go. It only moves forward: what Stripe tells late or twice can never take it back."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    OPEN = "open", _("waiting for the donor")
    PENDING = "pending", _("waiting for the bank")
    PAID = "paid", _("paid")
    SETTLED = "settled", _("paid and in the books")
    FAILED = "failed", _("payment failed")
    EXPIRED = "expired", _("left unfinished")
    CANCELLED = "cancelled", _("cancelled by the donor")
    ABANDONED = "abandoned", _("never reached the payment page")


# A late success beats every ending without money, and no ending without money beats a success. Where two endings
# without money meet, one of them wins in either order, so that every order of the same news has one end.
MOVES: dict[State, frozenset[State]] = {
    State.OPEN: frozenset(State) - {State.OPEN, State.SETTLED},
    State.ABANDONED: frozenset({State.EXPIRED, State.CANCELLED, State.PENDING, State.FAILED, State.PAID}),
    State.EXPIRED: frozenset({State.CANCELLED, State.PENDING, State.FAILED, State.PAID}),
    State.CANCELLED: frozenset({State.PENDING, State.FAILED, State.PAID}),
    State.PENDING: frozenset({State.FAILED, State.PAID}),
    State.FAILED: frozenset({State.PAID}),
    State.PAID: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
}


def forward(now: State, towards: State) -> State:
    """The state after hearing of `towards`: that one if there is a move to it, else the one we are in."""
    return towards if towards in MOVES[now] else now
