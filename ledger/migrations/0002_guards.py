"""What PostgreSQL refuses, whoever asks. Each guard raises an integrity error that carries a constraint's name.

The books stand on one rule that makes the others cheap to hold: all postings of an entry come in one statement. So
they can be judged as a whole at once, by statement-level triggers that see a batch of hundreds as one table. A second
helping for the same entry would need another line 1, which the unique constraint refuses, in the same transaction as
in any later one.

Triggers of one table fire in the order of their names: whole, then moved, then free.
"""

from django.db import migrations

APPEND_ONLY = """
    CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: the books are append-only. Write an entry that reverses the wrong one.',
                        TG_OP, TG_TABLE_NAME
              USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
    END $$;

    CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
    CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
    CREATE TRIGGER ledger_balance_not_emptied BEFORE TRUNCATE ON ledger_balance
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

NO_APPEND_ONLY = """
    DROP TRIGGER ledger_balance_not_emptied ON ledger_balance;
    DROP TRIGGER ledger_posting_append_only ON ledger_posting;
    DROP TRIGGER ledger_entry_append_only ON ledger_entry;
    DROP FUNCTION ledger_refuse_change();
"""

# A declared foreign key, not a trigger: it also keeps the fund's currency from changing under its postings.
CURRENCY_OF_THE_FUND = """
    ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_in_its_funds_currency
        FOREIGN KEY (fund_id, currency) REFERENCES ledger_fund (id, currency);
"""

NO_CURRENCY_OF_THE_FUND = "ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_in_its_funds_currency"

FIXED_MEANING = """
    CREATE FUNCTION ledger_refuse_new_meaning() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE used boolean;
    BEGIN
        IF TG_TABLE_NAME = 'ledger_fund' THEN
            used := EXISTS (SELECT FROM ledger_posting WHERE fund_id = OLD.id);
        ELSE
            used := EXISTS (SELECT FROM ledger_posting WHERE account_id = OLD.code);
        END IF;
        IF used THEN
            RAISE EXCEPTION '% %: its postings would mean something else', TG_TABLE_NAME, OLD.code
                  USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_fixed_meaning';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER ledger_fund_fixed_meaning BEFORE UPDATE ON ledger_fund
        FOR EACH ROW WHEN ((OLD.id, OLD.code, OLD.currency) IS DISTINCT FROM (NEW.id, NEW.code, NEW.currency))
        EXECUTE FUNCTION ledger_refuse_new_meaning();
    CREATE TRIGGER ledger_account_fixed_meaning BEFORE UPDATE ON ledger_account
        FOR EACH ROW WHEN ((OLD.code, OLD.kind) IS DISTINCT FROM (NEW.code, NEW.kind))
        EXECUTE FUNCTION ledger_refuse_new_meaning();
"""

NO_FIXED_MEANING = """
    DROP TRIGGER ledger_account_fixed_meaning ON ledger_account;
    DROP TRIGGER ledger_fund_fixed_meaning ON ledger_fund;
    DROP FUNCTION ledger_refuse_new_meaning();
"""

# An index is right for every batch: a plan that was cached while a table was small must not read it whole later.
WHOLE_ENTRIES = """
    CREATE FUNCTION ledger_check_whole() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE
        wrong bigint;
        entries bigint[] := ARRAY(SELECT DISTINCT entry_id FROM written);
    BEGIN
        SELECT entry_id INTO wrong FROM written
        GROUP BY entry_id HAVING count(*) < 2 OR min(line) <> 1 OR max(line) <> count(*) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry %: its postings, two or more, come all at once and are numbered from 1', wrong
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_whole';
        END IF;

        SELECT entry_id INTO wrong FROM written JOIN ledger_account ON code = account_id
        GROUP BY entry_id, fund_id, kind = 'memo' HAVING sum(amount) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry %: its postings do not add up to 0 in each fund', wrong
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balanced';
        END IF;

        IF EXISTS (SELECT FROM ledger_entry WHERE id = ANY (entries) AND reverses_id IS NOT NULL) THEN
            PERFORM ledger_check_mirrors(entries);
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION ledger_check_mirrors(entries bigint[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE wrong bigint;
    BEGIN
        SELECT entry.id INTO wrong
        FROM ledger_entry AS entry JOIN ledger_posting AS posting ON posting.entry_id IN (entry.id, entry.reverses_id)
        WHERE entry.id = ANY (entries) AND entry.reverses_id IS NOT NULL
        GROUP BY entry.id, posting.fund_id, posting.account_id HAVING sum(posting.amount) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry %: it is not the exact opposite of the entry that it reverses', wrong
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_mirrors';
        END IF;
    END $$;

    CREATE TRIGGER ledger_posting_1_whole AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_whole();
"""

NO_WHOLE_ENTRIES = """
    DROP TRIGGER ledger_posting_1_whole ON ledger_posting;
    DROP FUNCTION ledger_check_mirrors(bigint[]);
    DROP FUNCTION ledger_check_whole();
"""

NO_EMPTY_ENTRIES = """
    CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM ledger_posting WHERE entry_id = NEW.id AND line = 1) THEN
            RAISE EXCEPTION 'entry %: it has no postings', NEW.id
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_whole';
        ELSIF NEW.posted_at <> transaction_timestamp() THEN
            RAISE EXCEPTION 'entry %: it was posted now, not at %', NEW.id, NEW.posted_at
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_posted_now';
        END IF;
        RETURN NULL;
    END $$;

    CREATE CONSTRAINT TRIGGER ledger_entry_whole AFTER INSERT ON ledger_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry();
"""

EMPTY_ENTRIES = """
    DROP TRIGGER ledger_entry_whole ON ledger_entry;
    DROP FUNCTION ledger_check_entry();
"""

# Funds are locked first, then balances, each in one order, so that writers queue up instead of deadlocking. The lock
# on the fund is what makes two decisions about the same money see each other; facts need no lock and never wait for
# one, as a foreign key's lock does not conflict with it. A snapshot older than the lock would see nothing of the other.
BALANCES = """
    CREATE FUNCTION ledger_decisions(entries bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
        SELECT ARRAY(SELECT id FROM ledger_entry WHERE id = ANY (entries) AND discretionary)
    $$;

    CREATE FUNCTION ledger_move_balances() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE decisions bigint[] := ledger_decisions(ARRAY(SELECT DISTINCT entry_id FROM written));
    BEGIN
        IF cardinality(decisions) > 0 THEN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'decisions about money are written under READ COMMITTED'
                      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_decision_sees_others';
            END IF;
            PERFORM FROM ledger_fund WHERE id IN (SELECT fund_id FROM written WHERE entry_id = ANY (decisions))
            ORDER BY id FOR NO KEY UPDATE;
        END IF;

        INSERT INTO ledger_balance (fund_id, account_id, currency, amount)
        SELECT fund_id, account_id, currency, sum(amount) FROM written GROUP BY 1, 2, 3 ORDER BY 1, 2
        ON CONFLICT (fund_id, account_id) DO UPDATE SET amount = ledger_balance.amount + excluded.amount;
        RETURN NULL;
    END $$;

    CREATE TRIGGER ledger_posting_2_moved AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_move_balances();
"""

NO_BALANCES = """
    DROP TRIGGER ledger_posting_2_moved ON ledger_posting;
    DROP FUNCTION ledger_move_balances();
    DROP FUNCTION ledger_decisions(bigint[]);
"""

# Whoever writes a balance by hand may write the sum of its postings, which is what a rebuild does, and nothing else.
TRUE_BALANCES = """
    CREATE FUNCTION ledger_check_balance(fund bigint, account varchar) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT coalesce(sum(amount), 0) FROM ledger_balance WHERE fund_id = fund AND account_id = account)
        <> (SELECT coalesce(sum(amount), 0) FROM ledger_posting WHERE fund_id = fund AND account_id = account) THEN
            RAISE EXCEPTION 'the balance of % in fund % is the sum of its postings', account, fund
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balance_is_a_sum';
        END IF;
    END $$;

    CREATE FUNCTION ledger_check_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            PERFORM ledger_check_balance(OLD.fund_id, OLD.account_id);
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM ledger_check_balance(NEW.fund_id, NEW.account_id);
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER ledger_balance_is_a_sum AFTER INSERT OR UPDATE OR DELETE ON ledger_balance
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_check_balances();

    ALTER TABLE ledger_balance ADD CONSTRAINT ledger_balance_in_its_funds_currency
        FOREIGN KEY (fund_id, currency) REFERENCES ledger_fund (id, currency);
"""

UNTRUE_BALANCES = """
    ALTER TABLE ledger_balance DROP CONSTRAINT ledger_balance_in_its_funds_currency;
    DROP TRIGGER ledger_balance_is_a_sum ON ledger_balance;
    DROP FUNCTION ledger_check_balances();
    DROP FUNCTION ledger_check_balance(bigint, varchar);
"""

FREE_MONEY = """
    CREATE FUNCTION ledger_free(fund bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
        SELECT coalesce(-sum(amount), 0)::bigint FROM ledger_balance JOIN ledger_account ON code = account_id
        WHERE fund_id = fund AND (kind IN ('net', 'income', 'expense') OR code = 'encumbered')
    $$;

    CREATE FUNCTION ledger_check_free() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE
        decisions bigint[] := ledger_decisions(ARRAY(SELECT DISTINCT entry_id FROM written));
        overdrawn record;
    BEGIN
        IF cardinality(decisions) = 0 THEN
            RETURN NULL;
        END IF;
        SELECT fund_id, ledger_free(fund_id) AS free, sum(needed) AS needed INTO overdrawn
        FROM (
            SELECT entry_id, fund_id, sum(amount) AS needed FROM written JOIN ledger_account ON code = account_id
            WHERE entry_id = ANY (decisions) AND (kind IN ('net', 'income', 'expense') OR code = 'encumbered')
            GROUP BY entry_id, fund_id HAVING sum(amount) > 0
        ) AS decision
        GROUP BY fund_id HAVING ledger_free(fund_id) < 0 ORDER BY fund_id LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'fund % has % free (in minor units), which is % too little',
                            overdrawn.fund_id, overdrawn.free + overdrawn.needed, -overdrawn.free
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_not_enough_free',
                        DETAIL = json_build_object('fund', overdrawn.fund_id, 'short', -overdrawn.free,
                                                   'free', overdrawn.free + overdrawn.needed);
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER ledger_posting_3_free AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_free();
"""

NO_FREE_MONEY = """
    DROP TRIGGER ledger_posting_3_free ON ledger_posting;
    DROP FUNCTION ledger_check_free();
    DROP FUNCTION ledger_free(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NO_APPEND_ONLY),
        migrations.RunSQL(CURRENCY_OF_THE_FUND, NO_CURRENCY_OF_THE_FUND),
        migrations.RunSQL(FIXED_MEANING, NO_FIXED_MEANING),
        migrations.RunSQL(WHOLE_ENTRIES, NO_WHOLE_ENTRIES),
        migrations.RunSQL(NO_EMPTY_ENTRIES, EMPTY_ENTRIES),
        migrations.RunSQL(BALANCES, NO_BALANCES),
        migrations.RunSQL(TRUE_BALANCES, UNTRUE_BALANCES),
        migrations.RunSQL(FREE_MONEY, NO_FREE_MONEY),
    ]
