"""What nobody may do to a story that is shown: it is never rewritten, and what was taken down stays down."""

from django.db import migrations

from ledger.history import keep_history


def rule(name: str, table: str, when: str, *, given: str = "true", body: str) -> migrations.RunSQL:
    """A trigger for each row and its function, under one name."""
    return migrations.RunSQL(
        sql=f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;
            CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW WHEN ({given}) EXECUTE FUNCTION {name}();
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


def refusal(words: str, name: str) -> str:
    return f"""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = '{words}', CONSTRAINT = '{name}';
    END
    """


STORY_STAYS = rule(
    "story_stays_as_it_is_shown",
    "appeal_story",
    "BEFORE UPDATE",
    given="""
        NOT OLD.draft AND (
            OLD.key, OLD.campaign_id, OLD.title, OLD.text, OLD.language, OLD.month, OLD.draft, OLD.corrects_id,
            OLD.written_by_id, OLD.written_at, OLD.published_by_id, OLD.published_at
        ) IS DISTINCT FROM (
            NEW.key, NEW.campaign_id, NEW.title, NEW.text, NEW.language, NEW.month, NEW.draft, NEW.corrects_id,
            NEW.written_by_id, NEW.written_at, NEW.published_by_id, NEW.published_at
        )""",
    body=refusal("a story that is shown is not rewritten, another takes its place", "story_stays_as_it_is_shown"),
)

STORY_STAYS_DOWN = rule(
    "story_stays_down",
    "appeal_story",
    "BEFORE UPDATE",
    given="OLD.taken_down AND (NOT NEW.taken_down OR OLD.draft AND NOT NEW.draft)",
    body=refusal("a story that was taken down stays down", "story_stays_down"),
)

STORY_BEGINS_AS_A_DRAFT = rule(
    "story_of_ours_begins_as_a_draft",
    "appeal_story",
    "BEFORE INSERT",
    given="NEW.written_by_id IS NOT NULL AND NOT NEW.draft",
    body=refusal("a story of ours begins as a draft", "story_of_ours_begins_as_a_draft"),
)

PHOTO_COMES_FIRST = rule(
    "story_photo_comes_before_it_is_shown",
    "appeal_storyphoto",
    "BEFORE INSERT OR UPDATE",
    body="""
    BEGIN
        PERFORM FROM appeal_story s WHERE s.id = NEW.story_id AND NOT s.taken_down AND (s.draft OR s.written_by_id IS NULL)
            FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'photos are added to a draft, before another person publishes it',
                CONSTRAINT = 'story_photo_comes_before_it_is_shown';
        END IF;
        RETURN NEW;
    END
    """,
)

TRANSLATION_STAYS = rule(
    "story_translation_stays",
    "appeal_storytranslation",
    "BEFORE UPDATE",
    given="""
        OLD.taken_down OR (
            OLD.story_id, OLD.language, OLD.title, OLD.text, OLD.written_by_id, OLD.written_at
        ) IS DISTINCT FROM (
            NEW.story_id, NEW.language, NEW.title, NEW.text, NEW.written_by_id, NEW.written_at
        ) OR OLD.published_at IS NOT NULL AND (OLD.published_by_id, OLD.published_at) IS DISTINCT FROM
            (NEW.published_by_id, NEW.published_at)""",
    body=refusal("a translation is not rewritten, and what was taken away stays away", "story_translation_stays"),
)


class Migration(migrations.Migration):

    dependencies = [("appeal", "0008_stories_of_ours"), ("ledger", "0004_history")]

    operations = [
        STORY_STAYS,
        STORY_STAYS_DOWN,
        STORY_BEGINS_AS_A_DRAFT,
        PHOTO_COMES_FIRST,
        TRANSLATION_STAYS,
        keep_history("appeal_storytranslation"),
    ]
