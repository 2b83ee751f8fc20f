"""What each kind of staff may do. `manage.py roles` writes it to the groups of the same names.

Money still takes two people: what one treasurer proposes, another approves, and the database holds them to it. Who
decides on applications is besides a member of their panel, and stands aside where it is their own. Nobody needs to be a
superuser.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True, slots=True)
class Role:
    purpose: str
    may: tuple[str, ...]
    """Permissions as `room.codename`, with * for any part."""

    def has(self, permission: str) -> bool:
        return any(fnmatch(permission, pattern) for pattern in self.may)


# What everyone of the committee sees of a grant and its money, without names of accounts.
READS_GRANTS = (
    *(
        "grants.view_grant",
        "grants.view_tranche",
        "grants.view_report",
        "grants.view_variation",
        "grants.view_returned",
    ),
    *("grants.view_call", "grants.view_question", "grants.view_criterion", "grants.view_rule"),
    *("grants.view_message", "grants.view_notice", "grants.view_paymentnotice", "grants.view_reminder"),
    "grants.view_readingnotice",
    *("grants.view_decision", "grants.view_allocation", "grants.view_initiative", "grants.view_fiscalhost"),
    *("appeal.view_*", "ledger.view_fund"),
)

ROLES = {
    "treasurer": Role(
        "runs the books: gifts, refunds, payouts, receipts, and the payment of grants",
        (
            *("ledger.view_*", "ledger.change_fund", "appeal.view_*", "donations.view_*", "receipts.view_*"),
            *("donations.add_*", "donations.change_*", "donations.approve_*", "donations.confirm_*"),
            *("appeal.add_matchingpot", "appeal.change_matchingpot", "appeal.open_matchingpot"),
            *("receipts.add_issuerprofile", "receipts.change_issuerprofile", "receipts.approve_issuerprofile"),
            "receipts.void_receipt",
            *("receipts.add_reportversion", "receipts.check_reportversion", "receipts.publish_reportversion"),
            *("receipts.void_receipt", "receipts.ask_heldgift"),
            *("receipts.add_fiscalyear", "receipts.close_fiscalyear"),
            *READS_GRANTS,
            *("grants.add_grant", "grants.change_grant", "grants.delete_grant", "grants.close_grant"),
            "grants.cancel_grant",
            *("grants.add_tranche", "grants.change_tranche", "grants.delete_tranche", "grants.divide_call"),
            *("grants.*_payeeaccount", "grants.*_ouraccount", "grants.*_paymentfile", "grants.*_fileline"),
            *("grants.add_fiscalhost", "grants.change_fiscalhost", "grants.add_initiative", "grants.change_initiative"),
            *(
                "grants.view_application",
                "grants.see_contact",
                "grants.view_approval",
                "grants.view_look",
                "grants.add_returned",
                "grants.confirm_returned",
            ),
            *("grants.*_legalbasis", "grants.*_evidence", "grants.*_onward", "grants.add_latereportoverride"),
            *("grants.add_report", "grants.add_variation", "grants.decide_variation"),
        ),
    ),
    "committee": Role(
        "writes calls, screens what comes, leads panels, and follows grants to their end",
        (
            *READS_GRANTS,
            *("grants.add_call", "grants.change_call", "grants.publish_call", "grants.divide_call"),
            *("grants.*_question", "grants.*_criterion", "grants.*_rule"),
            *("grants.screen_applications", "grants.lead_panel", "grants.read_applications", "grants.vote"),
            *("grants.view_application", "grants.view_member", "grants.view_recusal", "grants.add_translation"),
            "grants.change_initiative",
            *("grants.add_report", "grants.change_report", "grants.close_grant"),
            *("grants.add_variation", "grants.decide_variation"),
            "appeal.publish_pledgetext",
        ),
    ),
    "reviewer": Role(
        "reads applications, scores them and votes, as a member of a panel",
        ("grants.read_applications", "grants.vote"),
    ),
    "editor": Role(
        "writes appeals and stories, publishes what others told, and answers those who sign, join or write",
        (
            *("donations.view_wallentry", "donations.moderate_wallentry"),
            *("appeal.add_*", "appeal.change_*", "appeal.view_*", "appeal.delete_suggestedamount"),
            *("appeal.publish_pledgetext", "appeal.moderate_signature", "appeal.answer_joinrequest"),
            "appeal.publish_story",
            *("grants.view_report", "grants.publish_report"),
        ),
    ),
    "auditor": Role(
        "reads all but what is sealed, and writes nothing",
        ("*.view_*",),
    ),
}

# What no role has: rows that no person writes or deletes by hand, and accounts of staff, which `manage.py staff` makes.
NOBODYS = (
    *("account.*", "admin.*", "auth.*", "contenttypes.*", "mfa.*", "sessions.*"),
    *("*.delete_*", "ledger.add_*", "ledger.change_*", "receipts.*_numberseries", "receipts.*_receipt*"),
    *("receipts.change_reportversion", "receipts.*_reportfile", "receipts.*_showngrant"),
    *("receipts.*_issuertext", "receipts.*_requiredfield", "receipts.*_particulars", "receipts.*_heldgift"),
    *("receipts.*_donoryear", "receipts.*_statementline", "receipts.change_fiscalyear"),
    "receipts.*_giftaiddeclaration",
    *("grants.add_*", "grants.change_*"),
)


def permissions_of(name: str, all_of_them: Iterable[str]) -> set[str]:
    return {permission for permission in all_of_them if ROLES[name].has(permission)}
