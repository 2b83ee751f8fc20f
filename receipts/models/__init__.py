from appeal.refusal import Refused
from receipts.models.choice import ReceiptChoice
from receipts.models.document import ReceiptDocument
from receipts.models.fiscal_year import DonorYear, FiscalYear
from receipts.models.gift_aid import GiftAidDeclaration
from receipts.models.issuer import IssuerProfile
from receipts.models.line import StatementLine
from receipts.models.log import LeafKind, LogLeaf, LogNode, SignedCheckpoint
from receipts.models.particulars import HeldGift, Particulars
from receipts.models.published import ReportFile, ReportVersion, ShownGrant
from receipts.models.receipt import Advantage, Donor, Kind, Receipt, State
from receipts.models.required import Field, Known, RequiredField, When, missing
from receipts.models.series import NumberSeries
from receipts.models.text import IssuerText, TextKind, text_of

__all__ = [
    "Advantage",
    "Donor",
    "DonorYear",
    "Field",
    "FiscalYear",
    "GiftAidDeclaration",
    "HeldGift",
    "IssuerProfile",
    "IssuerText",
    "Kind",
    "Known",
    "LeafKind",
    "LogLeaf",
    "LogNode",
    "NumberSeries",
    "Particulars",
    "Receipt",
    "ReceiptChoice",
    "ReceiptDocument",
    "Refused",
    "ReportFile",
    "ReportVersion",
    "RequiredField",
    "ShownGrant",
    "SignedCheckpoint",
    "State",
    "StatementLine",
    "TextKind",
    "When",
    "missing",
    "text_of",
]
