"""What no program and no SQL prompt may do to a match: the database refuses it.

The pot's row is locked before anything is counted, so that any number of gifts at once take their turns one by one. The
pot's two sums are kept in step by these triggers alone, and its own constraint holds the first within the total.
"""

from django.db import migrations

from ledger.history import keep_history

IN_TURN = """
    CREATE FUNCTION donations_check_match() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        pot appeal_matchingpot;
        gift donations_donation;
        booked bigint;
    BEGIN
        SELECT * INTO pot FROM appeal_matchingpot WHERE id = NEW.pot_id FOR NO KEY UPDATE;
        SELECT * INTO gift FROM donations_donation WHERE id = NEW.donation_id;
        SELECT -sum(amount) INTO booked FROM ledger_posting WHERE entry_id = gift.entry_id AND account_id = 'gifts';
        IF pot.opened_at IS NULL OR pot.closed_at IS NOT NULL THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'only an open pot matches gifts', CONSTRAINT = 'match_of_an_open_pot';
        ELSIF gift.campaign_id <> pot.campaign_id OR gift.state <> 'settled'
            OR (gift.charged_at AT TIME ZONE 'UTC')::date NOT BETWEEN pot.opens_on AND pot.closes_on THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a pot matches gifts to its appeal, given in its time, that are in the books',
                CONSTRAINT = 'match_of_a_gift_in_the_books';
        ELSIF NEW.booked_minor IS DISTINCT FROM booked OR NEW.amount_minor <> NEW.first_minor
            OR NEW.first_minor > least(pot.per_gift_minor, floor(booked::numeric * pot.percent / 100)) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a match is no more than was promised for a gift as it is in the books',
                CONSTRAINT = 'match_as_promised';
        ELSIF NEW.first_minor > 0 AND donations_pays_a_pot(NEW.donation_id) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'what pays a pot is not matched', CONSTRAINT = 'match_of_no_payment_of_a_pot';
        END IF;
        RETURN NEW;
    END $$;

    CREATE FUNCTION donations_pays_a_pot(donation bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RETURN EXISTS (
            SELECT FROM donations_potpayment AS payment JOIN donations_offlinegift AS gift ON gift.id = payment.gift_id
            WHERE gift.donation_id = donation AND payment.dropped_at IS NULL);
    END $$;

    CREATE FUNCTION donations_check_match_again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM appeal_matchingpot WHERE id = NEW.pot_id FOR NO KEY UPDATE;
        IF NOT EXISTS (SELECT FROM appeal_matchingpot WHERE id = NEW.pot_id AND closed_at IS NULL)
            OR donations_pays_a_pot(NEW.donation_id) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a match grows again in an open pot only, and never of what pays a pot',
                CONSTRAINT = 'match_grows_in_an_open_pot';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER match_in_turn BEFORE INSERT ON donations_match
        FOR EACH ROW EXECUTE FUNCTION donations_check_match();
    CREATE TRIGGER match_grows_again BEFORE UPDATE ON donations_match
        FOR EACH ROW WHEN (NEW.amount_minor > OLD.amount_minor) EXECUTE FUNCTION donations_check_match_again();
    CREATE TRIGGER match_stays BEFORE UPDATE ON donations_match
        FOR EACH ROW WHEN (
            (OLD.id, OLD.pot_id, OLD.donation_id, OLD.booked_minor, OLD.first_minor, OLD.created_at) IS DISTINCT FROM
            (NEW.id, NEW.pot_id, NEW.donation_id, NEW.booked_minor, NEW.first_minor, NEW.created_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER match_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_match
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();
"""
ANYHOW = """
    DROP TRIGGER match_is_never_deleted ON donations_match;
    DROP TRIGGER match_stays ON donations_match;
    DROP TRIGGER match_grows_again ON donations_match;
    DROP TRIGGER match_in_turn ON donations_match;
    DROP FUNCTION donations_check_match_again();
    DROP FUNCTION donations_check_match();
    DROP FUNCTION donations_pays_a_pot(bigint);
"""

COUNTED = """
    CREATE FUNCTION donations_count_matches() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE appeal_matchingpot AS pot SET matched_minor = pot.matched_minor + more.total
        FROM (SELECT pot_id, sum(amount_minor) AS total FROM fresh GROUP BY pot_id) AS more
        WHERE pot.id = more.pot_id AND more.total <> 0;
        RETURN NULL;
    END $$;

    CREATE FUNCTION donations_count_matches_again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE appeal_matchingpot AS pot SET matched_minor = pot.matched_minor + more.total
        FROM (
            SELECT fresh.pot_id, sum(fresh.amount_minor - stale.amount_minor) AS total
            FROM fresh JOIN stale USING (id) GROUP BY fresh.pot_id
        ) AS more
        WHERE pot.id = more.pot_id AND more.total <> 0;
        RETURN NULL;
    END $$;

    CREATE TRIGGER match_is_counted AFTER INSERT ON donations_match REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION donations_count_matches();
    CREATE TRIGGER match_is_counted_again AFTER UPDATE ON donations_match
        REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION donations_count_matches_again();
"""
UNCOUNTED = """
    DROP TRIGGER match_is_counted_again ON donations_match;
    DROP TRIGGER match_is_counted ON donations_match;
    DROP FUNCTION donations_count_matches_again();
    DROP FUNCTION donations_count_matches();
"""

# A gift is locked before its pot, here as in the room's verbs, so that who names it and who confirms it see each other.
PAID = """
    CREATE FUNCTION donations_check_pot_payment() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE gift donations_offlinegift;
    BEGIN
        SELECT * INTO gift FROM donations_offlinegift WHERE id = NEW.gift_id FOR NO KEY UPDATE;
        PERFORM FROM appeal_matchingpot WHERE campaign_id = gift.campaign_id ORDER BY id FOR NO KEY UPDATE;
        IF NEW.dropped_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM appeal_matchingpot AS pot
            WHERE pot.id = NEW.pot_id AND pot.campaign_id = gift.campaign_id AND pot.opened_at IS NOT NULL
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a pot that was opened is paid by a gift to its own appeal',
                CONSTRAINT = 'pot_payment_to_the_same_appeal';
        ELSIF EXISTS (SELECT FROM donations_match AS m WHERE m.donation_id = gift.donation_id AND m.amount_minor > 0) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'what pays a pot is not matched', CONSTRAINT = 'match_of_no_payment_of_a_pot';
        END IF;
        RETURN NEW;
    END $$;

    CREATE FUNCTION donations_count_received(counted bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM appeal_matchingpot WHERE id = counted FOR NO KEY UPDATE;
        UPDATE appeal_matchingpot SET received_minor = (
            SELECT coalesce(sum(gift.credited_minor), 0)
            FROM donations_potpayment AS payment JOIN donations_offlinegift AS gift ON gift.id = payment.gift_id
            WHERE payment.pot_id = counted AND payment.dropped_at IS NULL
                AND gift.confirmed_at IS NOT NULL AND gift.reversed_at IS NULL
        ) WHERE id = counted;
    END $$;

    CREATE FUNCTION donations_recount_pot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM donations_count_received(NEW.pot_id);
        RETURN NULL;
    END $$;

    CREATE FUNCTION donations_recount_pot_of_gift() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM donations_count_received(payment.pot_id) FROM donations_potpayment AS payment
        WHERE payment.gift_id = NEW.id AND payment.dropped_at IS NULL;
        RETURN NULL;
    END $$;

    CREATE TRIGGER pot_payment_fits BEFORE INSERT ON donations_potpayment
        FOR EACH ROW EXECUTE FUNCTION donations_check_pot_payment();
    CREATE TRIGGER pot_payment_stays BEFORE UPDATE ON donations_potpayment
        FOR EACH ROW WHEN (OLD.dropped_at IS NOT NULL OR
            (OLD.id, OLD.pot_id, OLD.gift_id, OLD.named_by_id, OLD.named_at) IS DISTINCT FROM
            (NEW.id, NEW.pot_id, NEW.gift_id, NEW.named_by_id, NEW.named_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER pot_payment_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_potpayment
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER pot_payment_is_counted AFTER INSERT OR UPDATE ON donations_potpayment
        FOR EACH ROW EXECUTE FUNCTION donations_recount_pot();
    CREATE TRIGGER offline_gift_pays_its_pot AFTER UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN ((OLD.confirmed_at, OLD.reversed_at) IS DISTINCT FROM (NEW.confirmed_at, NEW.reversed_at))
        EXECUTE FUNCTION donations_recount_pot_of_gift();
"""
UNPAID = """
    DROP TRIGGER offline_gift_pays_its_pot ON donations_offlinegift;
    DROP TRIGGER pot_payment_is_counted ON donations_potpayment;
    DROP TRIGGER pot_payment_is_never_deleted ON donations_potpayment;
    DROP TRIGGER pot_payment_stays ON donations_potpayment;
    DROP TRIGGER pot_payment_fits ON donations_potpayment;
    DROP FUNCTION donations_recount_pot_of_gift();
    DROP FUNCTION donations_recount_pot();
    DROP FUNCTION donations_count_received(bigint);
    DROP FUNCTION donations_check_pot_payment();
"""


class Migration(migrations.Migration):
    dependencies = [("appeal", "0011_matching_rules"), ("donations", "0008_match"), ("ledger", "0004_history")]

    operations = [
        migrations.RunSQL(IN_TURN, ANYHOW),
        migrations.RunSQL(COUNTED, UNCOUNTED),
        migrations.RunSQL(PAID, UNPAID),
        keep_history("donations_potpayment"),
    ]
