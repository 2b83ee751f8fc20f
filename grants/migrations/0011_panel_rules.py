"""Nobody judges their own, a vote is closed with its quorum, and what was decided stays: the database sees to it."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

QUESTIONS = migrations.RunSQL(
    sql="""
        CREATE FUNCTION grants_stands_aside(application bigint, member bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM grants_recusal WHERE application_id = application AND member_id = member)
        $$;
        CREATE FUNCTION grants_voters(application bigint) RETURNS integer LANGUAGE sql STABLE AS $$
            SELECT count(*)::integer FROM grants_member m JOIN grants_application a ON a.call_id = m.call_id
            WHERE a.id = application AND m.may_vote AND NOT grants_stands_aside(a.id, m.id)
        $$;
        CREATE FUNCTION grants_reviews(application bigint) RETURNS integer LANGUAGE sql STABLE AS $$
            SELECT count(*)::integer FROM grants_review r
            WHERE r.application_id = application AND r.submitted_at IS NOT NULL
            AND NOT grants_stands_aside(r.application_id, r.member_id)
        $$;
        CREATE FUNCTION grants_score(application bigint) RETURNS integer LANGUAGE sql STABLE AS $$
            SELECT coalesce((2 * sum(points)::bigint + count(*)) / (2 * count(*)), 0)::integer FROM (
                SELECT sum(s.points * c.weight) AS points FROM grants_review r
                JOIN grants_score s ON s.review_id = r.id JOIN grants_criterion c ON c.id = s.criterion_id
                WHERE r.application_id = application AND r.submitted_at IS NOT NULL
                AND NOT grants_stands_aside(r.application_id, r.member_id)
                GROUP BY r.id
            ) AS review
        $$;
    """,
    reverse_sql="""
        DROP FUNCTION grants_score(bigint);
        DROP FUNCTION grants_reviews(bigint);
        DROP FUNCTION grants_voters(bigint);
        DROP FUNCTION grants_stands_aside(bigint, bigint);
    """,
)

# Only when nobody could ever reach the quorum of an application any more does somebody join a panel that votes.
MEMBERS = rule(
    "panel_is_complete_before_it_votes",
    "grants_member",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    DECLARE stage_now text;
    BEGIN
        IF TG_OP = 'UPDATE' AND (OLD.call_id, OLD.person_id) <> (NEW.call_id, NEW.person_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a member stays the same person on the same panel';
        END IF;
        SELECT stage INTO stage_now FROM grants_call WHERE id = coalesce(NEW.call_id, OLD.call_id) FOR SHARE;
        IF stage_now IN ('draft', 'published', 'review') THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF TG_OP = 'INSERT' AND stage_now = 'vote' AND NEW.may_vote AND EXISTS (
            SELECT FROM grants_application WHERE call_id = NEW.call_id AND state = 'eligible' AND grants_voters(id) < 2
        ) THEN
            RETURN NEW;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a panel is complete before it votes';
    END
    """,
)

TIE_STAYS = rule(
    "tie_stays_as_recorded",
    "grants_tie",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a tie stays as it was recorded';
    END
    """,
)

RECUSAL_IS_IN_TIME = rule(
    "recusal_is_of_its_own_panel",
    "grants_recusal",
    "BEFORE INSERT",
    body="""
    DECLARE asked grants_call;
    BEGIN
        SELECT c.* INTO asked FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = NEW.application_id FOR SHARE OF c;
        IF asked.stage IN ('decided', 'allocated') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a member stands aside before it is decided';
        END IF;
        IF NOT EXISTS (SELECT FROM grants_member WHERE id = NEW.member_id AND call_id = asked.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a member stands aside on their own panel';
        END IF;
        RETURN NEW;
    END
    """,
)

RECUSAL_STAYS = rule(
    "recusal_is_never_undone",
    "grants_recusal",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE same grants_recusal;
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
            same := NEW;
            same.reason := OLD.reason;
            IF same = OLD THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a recusal is never undone';
    END
    """,
)

REVIEW_IS_ASSIGNED = rule(
    "review_is_by_a_reader_of_its_panel",
    "grants_review",
    "BEFORE INSERT",
    body="""
    BEGIN
        PERFORM FROM grants_call c JOIN grants_application a ON a.call_id = c.id JOIN grants_member m ON m.call_id = c.id
            WHERE a.id = NEW.application_id AND m.id = NEW.member_id
            AND c.stage = 'review' AND a.state = 'eligible' AND m.may_read FOR SHARE OF c;
        IF NOT FOUND OR NEW.submitted_at IS NOT NULL THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'an eligible application is read by a reader of its panel, while its call is read';
        END IF;
        IF grants_stands_aside(NEW.application_id, NEW.member_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'who stands aside does not read';
        END IF;
        RETURN NEW;
    END
    """,
)

REVIEW_STAYS = rule(
    "review_stays_as_submitted",
    "grants_review",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE same grants_review; asked grants_call;
    BEGIN
        SELECT c.* INTO asked FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = OLD.application_id FOR SHARE OF c;
        IF OLD.submitted_at IS NOT NULL OR asked.stage <> 'review' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a review stays as it was submitted';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        same := NEW;
        same.submitted_at := NULL;
        IF same IS DISTINCT FROM OLD THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a review stays with its reader and its application';
        END IF;
        IF grants_stands_aside(NEW.application_id, NEW.member_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'who stands aside does not read';
        END IF;
        IF EXISTS (SELECT FROM grants_criterion c WHERE c.call_id = asked.id AND NOT EXISTS (
                SELECT FROM grants_score s WHERE s.review_id = NEW.id AND s.criterion_id = c.id
                AND s.points IS NOT NULL AND s.reason <> ''))
        THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a review has points and a reason for each criterion of its call';
        END IF;
        RETURN NEW;
    END
    """,
)

SCORE_IS_OF_A_DRAFT = rule(
    "score_is_given_in_a_draft",
    "grants_score",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    DECLARE whose grants_review; asked grants_call;
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on'
            AND (OLD.review_id, OLD.criterion_id, OLD.points) IS NOT DISTINCT FROM (NEW.review_id, NEW.criterion_id, NEW.points)
        THEN
            RETURN NEW;
        END IF;
        SELECT * INTO whose FROM grants_review
            WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.review_id ELSE OLD.review_id END FOR SHARE;
        SELECT c.* INTO asked FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = whose.application_id FOR SHARE OF c;
        IF whose.submitted_at IS NOT NULL OR asked.stage <> 'review'
            OR TG_OP = 'UPDATE' AND (OLD.review_id, OLD.criterion_id) <> (NEW.review_id, NEW.criterion_id)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a review stays as it was submitted';
        END IF;
        IF TG_OP <> 'DELETE' AND grants_stands_aside(whose.application_id, whose.member_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'who stands aside does not read';
        END IF;
        IF TG_OP <> 'DELETE' AND NOT EXISTS (
            SELECT FROM grants_criterion WHERE id = NEW.criterion_id AND call_id = asked.id)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a review scores the criteria of its own call';
        END IF;
        RETURN coalesce(NEW, OLD);
    END
    """,
)

VOTE_IS_CAST = rule(
    "vote_is_cast_by_a_voter_while_it_is_open",
    "grants_vote",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND (OLD.application_id, OLD.member_id) <> (NEW.application_id, NEW.member_id)
            OR TG_OP = 'DELETE'
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a vote stays with its member and its application';
        END IF;
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        PERFORM FROM grants_call c JOIN grants_application a ON a.call_id = c.id JOIN grants_member m ON m.call_id = c.id
            WHERE a.id = NEW.application_id AND m.id = NEW.member_id
            AND c.stage = 'vote' AND a.state = 'eligible' AND m.may_vote FOR SHARE OF c;
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a voting member of its panel votes on an eligible application, while the vote is open';
        END IF;
        IF grants_stands_aside(NEW.application_id, NEW.member_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'who stands aside does not vote';
        END IF;
        RETURN NEW;
    END
    """,
)

RATIONALE_IS_WRITTEN_BEFORE = rule(
    "rationale_is_written_before_the_count",
    "grants_rationale",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        PERFORM FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = coalesce(OLD.application_id, NEW.application_id) AND c.stage IN ('review', 'vote') FOR SHARE OF c;
        IF NOT FOUND OR TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.application_id <> NEW.application_id THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'reasons are written before the votes are counted';
        END IF;
        IF EXISTS (SELECT FROM grants_recusal r JOIN grants_member m ON m.id = r.member_id
            WHERE r.application_id = NEW.application_id AND m.person_id = NEW.written_by_id)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'who stands aside writes no reasons';
        END IF;
        RETURN NEW;
    END
    """,
)

DECISION_IS_TRUE = rule(
    "decision_is_what_the_votes_say",
    "grants_decision",
    "BEFORE INSERT",
    body="""
    DECLARE asked grants_call; voters integer; cast_votes integer;
    BEGIN
        SELECT c.* INTO asked FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = NEW.application_id AND a.state = 'eligible' FOR UPDATE OF c;
        IF asked.stage IS DISTINCT FROM 'vote' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an eligible application is decided by a vote';
        END IF;
        voters := grants_voters(NEW.application_id);
        SELECT count(*) INTO cast_votes FROM grants_vote v WHERE v.application_id = NEW.application_id
            AND NOT grants_stands_aside(v.application_id, v.member_id);
        IF (NEW.eligible, NEW.yes + NEW.no, NEW.score) IS DISTINCT FROM
            (voters, cast_votes, grants_score(NEW.application_id))
            OR NEW.recused <> (SELECT count(*) FROM grants_member m WHERE m.call_id = asked.id AND m.may_vote) - voters
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a decision says what the votes and the reviews say';
        END IF;
        IF cast_votes < greatest(2, (voters * asked.quorum + 99) / 100) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a decision has its quorum';
        END IF;
        RETURN NEW;
    END
    """,
)

DECISION_CLOSES = rule(
    "decision_is_made_when_the_vote_is_closed",
    "grants_decision",
    "AFTER INSERT",
    deferred=True,
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_call c JOIN grants_application a ON a.call_id = c.id
            WHERE a.id = NEW.application_id AND c.stage IN ('decided', 'allocated'))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a decision is made when the vote is closed';
        END IF;
        RETURN NULL;
    END
    """,
)

DECISION_STAYS = rule(
    "decision_stays",
    "grants_decision",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a decision stays as it was made';
    END
    """,
)

STAGES = rule(
    "call_votes_and_decides_in_order",
    "grants_call",
    "BEFORE UPDATE",
    given="OLD.stage <> NEW.stage AND NEW.stage IN ('vote', 'decided')",
    body="""
    BEGIN
        IF NEW.stage = 'vote' AND EXISTS (
            SELECT FROM grants_application a WHERE a.call_id = NEW.id AND (a.state = 'submitted' OR a.state = 'eligible'
                AND (grants_reviews(a.id) < NEW.readers OR grants_voters(a.id) < 2)))
        THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a vote opens when all is screened and read, and two can vote on each application';
        END IF;
        IF NEW.stage = 'decided' AND EXISTS (
            SELECT FROM grants_application a LEFT JOIN (
                SELECT d.application_id, d.rank AS given, rank() OVER (
                    ORDER BY array_position(ARRAY['funded', 'reserve', 'declined'], d.outcome::text), d.score DESC) AS due
                FROM grants_decision d JOIN grants_application b ON b.id = d.application_id WHERE b.call_id = NEW.id
            ) AS decided ON decided.application_id = a.id
            WHERE a.call_id = NEW.id AND a.state = 'eligible' AND decided.given IS DISTINCT FROM decided.due::integer
                OR a.call_id = NEW.id AND a.state = 'eligible' AND decided.application_id IS NULL)
        THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a vote closes when each application is decided and has its rank';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0010_panel")]

    operations = [
        QUESTIONS,
        MEMBERS,
        TIE_STAYS,
        RECUSAL_IS_IN_TIME,
        RECUSAL_STAYS,
        REVIEW_IS_ASSIGNED,
        REVIEW_STAYS,
        SCORE_IS_OF_A_DRAFT,
        VOTE_IS_CAST,
        RATIONALE_IS_WRITTEN_BEFORE,
        DECISION_IS_TRUE,
        DECISION_CLOSES,
        DECISION_STAYS,
        STAGES,
    ]
