from appeal.refusal import Refused
from grants.models.allocation import Allocation
from grants.models.application import (
    APPLICATION_MOVES,
    Answer,
    Application,
    ApplicationState,
    Consent,
    Eligibility,
    Message,
    Mode,
    Told,
    Translation,
)
from grants.models.call import STAGE_MOVES, Access, Call, Criterion, Question, Rule, Stage
from grants.models.grant import GRANT_MOVES, Grant, GrantState, Publication
from grants.models.initiative import Initiative, Region
from grants.models.payee_account import Change, FiscalHost, Look, Notice, PayeeAccount, Route
from grants.models.tranche import MOVES, Approval, State, Tranche

__all__ = [
    "APPLICATION_MOVES",
    "GRANT_MOVES",
    "MOVES",
    "STAGE_MOVES",
    "Access",
    "Allocation",
    "Answer",
    "Application",
    "ApplicationState",
    "Approval",
    "Call",
    "Change",
    "Consent",
    "Criterion",
    "Eligibility",
    "FiscalHost",
    "Grant",
    "GrantState",
    "Initiative",
    "Look",
    "Message",
    "Mode",
    "Notice",
    "PayeeAccount",
    "Publication",
    "Question",
    "Refused",
    "Region",
    "Route",
    "Rule",
    "Stage",
    "State",
    "Told",
    "Tranche",
    "Translation",
]
