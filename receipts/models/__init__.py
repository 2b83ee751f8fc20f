from appeal.refusal import Refused
from receipts.models.document import ReceiptDocument
from receipts.models.issuer import IssuerProfile
from receipts.models.log import Kind, LogLeaf, LogNode, SignedCheckpoint
from receipts.models.published import ReportFile, ReportVersion, ShownGrant
from receipts.models.receipt import Donor, Receipt, State
from receipts.models.series import NumberSeries

__all__ = [
    "Donor",
    "IssuerProfile",
    "Kind",
    "LogLeaf",
    "LogNode",
    "NumberSeries",
    "Receipt",
    "ReceiptDocument",
    "Refused",
    "ReportFile",
    "ReportVersion",
    "ShownGrant",
    "SignedCheckpoint",
    "State",
]
