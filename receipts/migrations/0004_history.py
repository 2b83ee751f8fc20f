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
    "grants_allocation", "grants_approval", "grants_fiscalhost", "grants_legalbasis", "grants_member", "grants_variation",
    "ledger_fund", "receipts_issuerprofile",
)  # fmt: skip

# What is sealed, what opens a door, and a draft's words, which are forgotten after 90 days: none of it stays behind here.
LEFT_OUT = {
    "auth_user": ("password", "last_login"),
    "grants_application": (
        *("code", "code_mark", "name", "public_alias", "place", "registration", "why_unregistered", "host_name"),
        *("contact", "email", "email_mark", "phone", "helper", "witness", "purpose"),
    ),
    "grants_call": ("invitation",),
    "grants_evidence": ("received_by",),
    "grants_grant": ("key", "answered_by", "answer"),
    "grants_initiative": ("place", "email"),
    "grants_ouraccount": ("number",),
    "grants_payeeaccount": ("payee", "number", "phone", "town", "details", "number_mark", "mark"),
    "grants_recusal": ("reason",),
    "grants_report": ("key", "text", "original", "consent_of"),
    "grants_tranche": ("account_mark", "confirmation_key"),
    "mfa_authenticator": ("data", "last_used_at"),
}


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
        *(keep_history(table, leave_out=columns) for table, columns in LEFT_OUT.items()),
    ]
