from receipts.models.document import ReceiptDocument
from receipts.models.issuer import IssuerProfile, Refused
from receipts.models.receipt import Donor, Receipt, State
from receipts.models.series import NumberSeries

__all__ = ["Donor", "IssuerProfile", "NumberSeries", "Receipt", "ReceiptDocument", "Refused", "State"]
