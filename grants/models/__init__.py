from appeal.refusal import Refused
from grants.models.grant import Grant, Publication
from grants.models.initiative import Initiative, Region
from grants.models.payee_account import Change, FiscalHost, Look, Notice, PayeeAccount, Route
from grants.models.tranche import MOVES, Approval, State, Tranche

__all__ = [
    "MOVES",
    "Approval",
    "Change",
    "FiscalHost",
    "Grant",
    "Initiative",
    "Look",
    "Notice",
    "PayeeAccount",
    "Publication",
    "Refused",
    "Region",
    "Route",
    "State",
    "Tranche",
]
