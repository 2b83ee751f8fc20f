"""From here on the database keeps who changed what in the tables of money, people and permissions.

It lies in the highest room, because it names tables of all of them. A table that comes later is named by a migration of
its own room: `keep_history("grants_something")`.
"""

from django.db import migrations

from ledger.history import keep_history

PLAIN = (
    "appeal_campaign", "appeal_suggestedamount", "appeal_story",
    "auth_group", "auth_group_permissions", "auth_user_groups", "auth_user_user_permissions",
    "donations_bankaccount", "donations_explanation", "donations_offlinegift", "donations_refundrequest",
    "grants_allocation", "grants_application", "grants_approval", "grants_call", "grants_evidence", "grants_fiscalhost",
    "grants_grant", "grants_initiative", "grants_legalbasis", "grants_member", "grants_ouraccount",
    "grants_payeeaccount", "grants_recusal", "grants_report", "grants_tranche", "grants_variation",
    "ledger_fund", "receipts_issuerprofile",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("receipts", "0003_gifts_that_went_back"),
        ("grants", "0020_payment_files"),
        ("donations", "0007_decided_once"),
        ("appeal", "0004_story"),
        ("ledger", "0004_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        *(keep_history(table) for table in PLAIN),
        keep_history("auth_user", leave_out=("password", "last_login")),
        keep_history("mfa_authenticator", leave_out=("data", "last_used_at")),
    ]
