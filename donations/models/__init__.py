from appeal.refusal import Refused
from donations.lattice import State
from donations.models.balance_transaction import BalanceTransaction, Sweep
from donations.models.bank_statement import Aside, BankAccount, BankStatement, StatementLine
from donations.models.card_testers import Bucket, ChallengeMode, Decline, Origin, Tally
from donations.models.dispute import Dispute, FraudWarning
from donations.models.donation import Donation, Method
from donations.models.donor_link import DonorLink
from donations.models.explanation import Explanation, Meaning
from donations.models.match import Match, PotPayment
from donations.models.monthly_gift import MonthlyGift
from donations.models.offline import OfflineGift
from donations.models.payout import Payout
from donations.models.product import Product
from donations.models.refund import Refund, RefundRequest
from donations.models.stripe_event import StripeEvent
from donations.models.tribute import NeverAgain, Tribute
from donations.models.wall_entry import WallEntry

__all__ = [
    "Aside",
    "BalanceTransaction",
    "BankAccount",
    "BankStatement",
    "Bucket",
    "ChallengeMode",
    "Decline",
    "Dispute",
    "Donation",
    "DonorLink",
    "Explanation",
    "FraudWarning",
    "Match",
    "Meaning",
    "Method",
    "MonthlyGift",
    "NeverAgain",
    "OfflineGift",
    "Origin",
    "Payout",
    "PotPayment",
    "Product",
    "Refund",
    "RefundRequest",
    "Refused",
    "State",
    "StatementLine",
    "StripeEvent",
    "Sweep",
    "Tally",
    "Tribute",
    "WallEntry",
]
