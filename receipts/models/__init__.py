from appeal.refusal import Refused
from receipts.models.document import ReceiptDocument
from receipts.models.issuer import IssuerProfile
from receipts.models.published import ReportFile, ReportVersion, ShownGrant
from receipts.models.receipt import Donor, Receipt, State
from receipts.models.series import NumberSeries

__all__ = [
    "Donor",
    "IssuerProfile",
    "NumberSeries",
    "Receipt",
    "ReceiptDocument",
    "Refused",
    "ReportFile",
    "ReportVersion",
    "ShownGrant",
    "State",
]
