from ledger.models.account import Account
from ledger.models.balance import Balance
from ledger.models.change import Change
from ledger.models.entry import Entry, Posting
from ledger.models.fund import Channel, Fund

__all__ = ["Account", "Balance", "Change", "Channel", "Entry", "Fund", "Posting"]
