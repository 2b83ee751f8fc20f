from donations.lattice import State
from donations.models.balance_transaction import BalanceTransaction, Sweep
from donations.models.donation import Donation
from donations.models.product import Product
from donations.models.stripe_event import StripeEvent

__all__ = ["BalanceTransaction", "Donation", "Product", "State", "StripeEvent", "Sweep"]
