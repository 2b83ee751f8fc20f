"""The chart of accounts: the words the books are written in.

The rows themselves come with a migration; the signs are those of double entry, + debit and − credit.
"""

from typing import Final

STRIPE: Final = "stripe"
BANK: Final = "bank"
TRANSIT: Final = "transit"
DISPUTED: Final = "disputed"

SUSPENSE: Final = "suspense"

TRANSFER: Final = "transfer"

GIFTS: Final = "gifts"
REFUNDS: Final = "refunds"
GRANTS_RETURNED: Final = "grants_returned"

FEES: Final = "fees"
DISPUTE_FEES: Final = "dispute_fees"
BANK_FEES: Final = "bank_fees"
LOST: Final = "lost"
GRANTS: Final = "grants"

ENCUMBERED: Final = "encumbered"
CONTRA: Final = "contra"

ASSETS: Final = (STRIPE, BANK, TRANSIT, DISPUTED)
LIABILITIES: Final = (SUSPENSE,)
NET: Final = (TRANSFER,)
INCOME: Final = (GIFTS, REFUNDS, GRANTS_RETURNED)
EXPENSES: Final = (FEES, DISPUTE_FEES, BANK_FEES, LOST, GRANTS)
MEMO: Final = (ENCUMBERED, CONTRA)
