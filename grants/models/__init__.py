from appeal.refusal import Refused
from grants.models.grant import GRANT_MOVES, Grant, GrantState, Publication
from grants.models.initiative import Initiative, Region
from grants.models.payee_account import Change, FiscalHost, Look, Notice, PayeeAccount, Route
from grants.models.tranche import MOVES, Approval, State, Tranche

__all__ = [
    "GRANT_MOVES",
    "MOVES",
    "Approval",
    "Change",
    "FiscalHost",
    "Grant",
    "GrantState",
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
