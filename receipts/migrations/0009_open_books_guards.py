"""What nobody may do to the open books, whoever asks; and the tree, which PostgreSQL grows by itself.

Whoever adds a leaf or a checkpoint waits for whoever was before, until that transaction has ended: so the leaves are
numbered without a gap, and a checkpoint is of leaves that are there to stay.
"""

from django.db import migrations

APPEND_ONLY = """
    CREATE FUNCTION receipts_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE restrict_violation USING
            MESSAGE = format('%s of %s is refused: the open books are only ever added to.', TG_OP, TG_TABLE_NAME),
            CONSTRAINT = TG_NAME;
    END $$;

    CREATE TRIGGER log_leaf_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts_logleaf
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_log_refuse_change();
    CREATE TRIGGER log_node_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts_lognode
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_log_refuse_change();
    CREATE TRIGGER log_node_is_grown BEFORE INSERT ON receipts_lognode
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION receipts_log_refuse_change();
    CREATE TRIGGER checkpoint_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts_signedcheckpoint
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_log_refuse_change();
"""

NO_APPEND_ONLY = """
    DROP TRIGGER checkpoint_stays ON receipts_signedcheckpoint;
    DROP TRIGGER log_node_is_grown ON receipts_lognode;
    DROP TRIGGER log_node_stays ON receipts_lognode;
    DROP TRIGGER log_leaf_stays ON receipts_logleaf;
    DROP FUNCTION receipts_log_refuse_change();
"""

LEAVES = r"""
    CREATE FUNCTION receipts_lock_log() RETURNS void LANGUAGE sql AS $$
        SELECT pg_advisory_xact_lock(hashtextextended('receipts_log', 0))
    $$;

    CREATE FUNCTION receipts_leaf_of(kind text, body text, salt bytea) RETURNS bytea LANGUAGE sql STABLE RETURN convert_to(
        CASE WHEN salt IS NULL THEN format('{"body":%s,"kind":"%s"}', body, kind)
        ELSE format('{"hash":"%s","kind":"%s"}', encode(sha256(salt || convert_to(body, 'UTF8')), 'hex'), kind) END, 'UTF8');

    CREATE FUNCTION receipts_check_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong text;
    BEGIN
        PERFORM receipts_lock_log();
        wrong := CASE
            WHEN NEW.index <> (SELECT coalesce(max(index) + 1, 0) FROM receipts_logleaf) THEN 'log_has_no_gap'
            WHEN coalesce(octet_length(NEW.salt), 0) <> CASE WHEN NEW.kind IN ('receipt', 'event', 'ledger') THEN 32 ELSE 0 END
                THEN 'log_private_is_salted'
            WHEN NEW.leaf <> receipts_leaf_of(NEW.kind, NEW.body, NEW.salt) THEN 'log_leaf_is_of_its_words'
            WHEN NEW.stored_at <> transaction_timestamp() THEN 'log_leaf_is_stored_now'
        END;
        IF wrong IS NOT NULL THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = format('leaf %s of the open books is refused: %s', NEW.index, wrong), CONSTRAINT = wrong;
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER log_leaf_is_next BEFORE INSERT ON receipts_logleaf
        FOR EACH ROW EXECUTE FUNCTION receipts_check_leaf();
"""

NO_LEAVES = """
    DROP TRIGGER log_leaf_is_next ON receipts_logleaf;
    DROP FUNCTION receipts_check_leaf();
    DROP FUNCTION receipts_leaf_of(text, text, bytea);
    DROP FUNCTION receipts_lock_log();
"""

# A leaf with an odd number completes a pair, which completes another if its own number is odd, and so on.
TREE = r"""
    CREATE FUNCTION receipts_grow_tree() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        height smallint := 0;
        place bigint := NEW.index;
        grown bytea := NEW.leaf_hash;
    BEGIN
        LOOP
            INSERT INTO receipts_lognode (level, index, hash) VALUES (height, place, grown);
            EXIT WHEN place % 2 = 0;
            SELECT sha256('\x01'::bytea || beside.hash || grown) INTO STRICT grown
            FROM receipts_lognode AS beside WHERE beside.level = height AND beside.index = place - 1;
            height := height + 1;
            place := place / 2;
        END LOOP;
        RETURN NULL;
    END $$;

    CREATE TRIGGER log_tree_grows AFTER INSERT ON receipts_logleaf
        FOR EACH ROW EXECUTE FUNCTION receipts_grow_tree();

    CREATE FUNCTION receipts_log_root(size bigint) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
    DECLARE
        height smallint := 0;
        place bigint := size;
        subtree bytea;
        whole bytea;
    BEGIN
        WHILE place > 0 LOOP
            IF place % 2 = 1 THEN
                SELECT node.hash INTO STRICT subtree
                FROM receipts_lognode AS node WHERE node.level = height AND node.index = place - 1;
                whole := coalesce(sha256('\x01'::bytea || subtree || whole), subtree);
            END IF;
            height := height + 1;
            place := place / 2;
        END LOOP;
        RETURN whole;
    END $$;
"""

NO_TREE = """
    DROP FUNCTION receipts_log_root(bigint);
    DROP TRIGGER log_tree_grows ON receipts_logleaf;
    DROP FUNCTION receipts_grow_tree();
"""

CHECKPOINTS = r"""
    CREATE FUNCTION receipts_check_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong text;
    BEGIN
        PERFORM receipts_lock_log();
        wrong := CASE
            WHEN NEW.size <= (SELECT max(size) FROM receipts_signedcheckpoint) THEN 'checkpoint_is_larger_than_the_last'
            WHEN NOT EXISTS (SELECT FROM receipts_logleaf WHERE index = NEW.size - 1) THEN 'checkpoint_is_of_leaves_there_are'
            WHEN NEW.root <> receipts_log_root(NEW.size) THEN 'checkpoint_is_of_the_tree'
            WHEN split_part(NEW.note, E'\n', 2) <> NEW.size::text
                OR split_part(NEW.note, E'\n', 3) <> encode(NEW.root, 'base64') THEN 'checkpoint_says_what_it_is'
            WHEN NEW.stored_at <> transaction_timestamp() THEN 'checkpoint_is_stored_now'
        END;
        IF wrong IS NOT NULL THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = format('checkpoint %s is refused: %s', NEW.size, wrong), CONSTRAINT = wrong;
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER checkpoint_is_next BEFORE INSERT ON receipts_signedcheckpoint
        FOR EACH ROW EXECUTE FUNCTION receipts_check_checkpoint();
"""

NO_CHECKPOINTS = """
    DROP TRIGGER checkpoint_is_next ON receipts_signedcheckpoint;
    DROP FUNCTION receipts_check_checkpoint();
"""


class Migration(migrations.Migration):
    dependencies = [("receipts", "0008_open_books")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NO_APPEND_ONLY),
        migrations.RunSQL(LEAVES, NO_LEAVES),
        migrations.RunSQL(TREE, NO_TREE),
        migrations.RunSQL(CHECKPOINTS, NO_CHECKPOINTS),
    ]
