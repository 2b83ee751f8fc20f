"""A campaign and its two funds are kept in one currency: declared foreign keys, which hold from both sides."""

from django.db import migrations

SAME_CURRENCY = """
    ALTER TABLE appeal_campaign
        ADD CONSTRAINT campaign_card_fund_in_its_currency
            FOREIGN KEY (card_fund_id, currency) REFERENCES ledger_fund (id, currency),
        ADD CONSTRAINT campaign_bank_fund_in_its_currency
            FOREIGN KEY (bank_fund_id, currency) REFERENCES ledger_fund (id, currency);
"""

NOT_THE_SAME = """
    ALTER TABLE appeal_campaign
        DROP CONSTRAINT campaign_card_fund_in_its_currency,
        DROP CONSTRAINT campaign_bank_fund_in_its_currency;
"""


class Migration(migrations.Migration):
    dependencies = [("appeal", "0001_initial")]

    operations = [migrations.RunSQL(SAME_CURRENCY, NOT_THE_SAME)]
