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
from grants.models.attachment import Attachment
from grants.models.call import STAGE_MOVES, Access, Call, Criterion, Question, Rule, Stage
from grants.models.evidence import Evidence, LegalBasis, Onward
from grants.models.grant import GRANT_MOVES, Grant, GrantState, Publication
from grants.models.initiative import Initiative, Region
from grants.models.panel import How, Kind, Member, Panel, Recusal, Tie
from grants.models.payee_account import Change, FiscalHost, Look, Notice, PayeeAccount, Route
from grants.models.payment_files import FileLine, OurAccount, PaymentFile
from grants.models.photo import Photo
from grants.models.report import (
    REPORT_MOVES,
    Figure,
    LateReportOverride,
    Measure,
    Reminder,
    Report,
    ReportState,
    Variation,
    When,
)
from grants.models.returned import Returned
from grants.models.review import ReadingNotice, Review, Score
from grants.models.tranche import MOVES, Approval, PaymentNotice, State, Tranche
from grants.models.vote import Choice, Decision, Rationale, Vote
from grants.panel import Outcome

__all__ = [
    "APPLICATION_MOVES",
    "GRANT_MOVES",
    "MOVES",
    "REPORT_MOVES",
    "STAGE_MOVES",
    "Access",
    "Allocation",
    "Answer",
    "Application",
    "ApplicationState",
    "Approval",
    "Attachment",
    "Call",
    "Change",
    "Choice",
    "Consent",
    "Criterion",
    "Decision",
    "Eligibility",
    "Evidence",
    "Figure",
    "FileLine",
    "FiscalHost",
    "Grant",
    "GrantState",
    "How",
    "Initiative",
    "Kind",
    "LateReportOverride",
    "LegalBasis",
    "Look",
    "Measure",
    "Member",
    "Message",
    "Mode",
    "Notice",
    "Onward",
    "OurAccount",
    "Outcome",
    "Panel",
    "PayeeAccount",
    "PaymentFile",
    "PaymentNotice",
    "Photo",
    "Publication",
    "Question",
    "Rationale",
    "ReadingNotice",
    "Recusal",
    "Refused",
    "Region",
    "Reminder",
    "Report",
    "ReportState",
    "Returned",
    "Review",
    "Route",
    "Rule",
    "Score",
    "Stage",
    "State",
    "Tie",
    "Told",
    "Tranche",
    "Translation",
    "Variation",
    "Vote",
    "When",
]
