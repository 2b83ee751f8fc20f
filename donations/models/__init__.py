from donations.lattice import State
from donations.models.balance_transaction import BalanceTransaction, Sweep
from donations.models.dispute import Dispute, FraudWarning
from donations.models.donation import Donation
from donations.models.payout import Payout
from donations.models.product import Product
from donations.models.refund import Refund, RefundRequest
from donations.models.stripe_event import StripeEvent

__all__ = [
    "BalanceTransaction",
    "Dispute",
    "Donation",
    "FraudWarning",
    "Payout",
    "Product",
    "Refund",
    "RefundRequest",
    "State",
    "StripeEvent",
    "Sweep",
]
