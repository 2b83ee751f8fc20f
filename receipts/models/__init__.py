from appeal.refusal import Refused
from receipts.models.document import ReceiptDocument
from receipts.models.issuer import IssuerProfile
from receipts.models.receipt import Donor, Receipt, State
from receipts.models.series import NumberSeries

__all__ = ["Donor", "IssuerProfile", "NumberSeries", "Receipt", "ReceiptDocument", "Refused", "State"]
