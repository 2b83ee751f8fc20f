"""What supporters let everybody read, and what PostgreSQL refuses to show, whoever asks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ledger.history import keep_history

OF_A_GIFT_THAT_CAME = """
    CREATE FUNCTION donations_check_wall_gift() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM donations_donation d WHERE d.id = NEW.donation_id AND d.campaign_id = NEW.campaign_id
                       AND d.state IN ('paid', 'settled') AND NOT d.bounced) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'only a gift that came has words on the wall, and on that of its own appeal',
                CONSTRAINT = TG_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wall_entry_is_of_a_gift_that_came BEFORE INSERT OR UPDATE OF donation_id, campaign_id
        ON donations_wallentry FOR EACH ROW EXECUTE FUNCTION donations_check_wall_gift();
"""
OF_ANY_GIFT = """
    DROP TRIGGER wall_entry_is_of_a_gift_that_came ON donations_wallentry;
    DROP FUNCTION donations_check_wall_gift();
"""

# Nothing begins as shown, and what is shown is what was read: other words wait again.
SHOWN_AS_READ = """
    CREATE FUNCTION donations_refuse_unread() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE integrity_constraint_violation USING
            MESSAGE = 'what a supporter wrote waits until a person has read it as it is', CONSTRAINT = TG_NAME;
    END $$;
    CREATE TRIGGER wall_entry_waits_first BEFORE INSERT ON donations_wallentry
        FOR EACH ROW WHEN (NEW.standing <> 'waiting') EXECUTE FUNCTION donations_refuse_unread();
    CREATE TRIGGER wall_entry_is_shown_as_it_was_read BEFORE UPDATE ON donations_wallentry
        FOR EACH ROW WHEN (NEW.standing = 'shown' AND (OLD.donation_id, OLD.name, OLD.message, OLD.turn)
            IS DISTINCT FROM (NEW.donation_id, NEW.name, NEW.message, NEW.turn))
        EXECUTE FUNCTION donations_refuse_unread();
    CREATE TRIGGER wall_entry_other_words_are_another_turn BEFORE UPDATE ON donations_wallentry
        FOR EACH ROW WHEN ((OLD.name, OLD.message) IS DISTINCT FROM (NEW.name, NEW.message) AND NEW.turn <= OLD.turn)
        EXECUTE FUNCTION donations_refuse_unread();
"""
SHOWN_ANYHOW = """
    DROP TRIGGER wall_entry_other_words_are_another_turn ON donations_wallentry;
    DROP TRIGGER wall_entry_is_shown_as_it_was_read ON donations_wallentry;
    DROP TRIGGER wall_entry_waits_first ON donations_wallentry;
    DROP FUNCTION donations_refuse_unread();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("appeal", "0005_story_photo"),
        ("donations", "0009_match_rules"),
        ("ledger", "0004_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WallEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name")),
                ("message", models.CharField(blank=True, max_length=280, verbose_name="message")),
                (
                    "month",
                    models.DateField(
                        help_text="the first day of the month in which it was first written", verbose_name="month"
                    ),
                ),
                ("agreed", models.BooleanField(default=False, verbose_name="agreed to be shown")),
                ("turn", models.PositiveIntegerField(default=1, help_text="counts its changes")),
                (
                    "standing",
                    models.CharField(
                        choices=[("waiting", "waits to be read"), ("shown", "shown"), ("refused", "not shown")],
                        default="waiting",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="why it is not shown")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="last written")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wall_entries",
                        to="appeal.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "donation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wall_entry",
                        to="donations.donation",
                    ),
                ),
            ],
            options={
                "verbose_name": "words of a supporter",
                "verbose_name_plural": "supporters' wall",
                "ordering": ["-pk"],
                "permissions": [("moderate_wallentry", "Can show and refuse what supporters wrote")],
                "indexes": [
                    models.Index(
                        models.F("campaign"),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(standing="shown"),
                        name="wall_entry_shown",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(name="", message=""), name="wall_entry_says_something"
                    ),
                    models.CheckConstraint(condition=models.Q(month__day=1), name="wall_entry_month_is_a_month"),
                    models.CheckConstraint(
                        condition=~models.Q(standing="shown") | models.Q(agreed=True),
                        name="wall_entry_shown_means_agreed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(standing="waiting", decided_by=None, decided_at=None)
                        | models.Q(
                            standing__in=["shown", "refused"], decided_by__isnull=False, decided_at__isnull=False
                        ),
                        name="wall_entry_decided_means_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(standing="refused") & ~models.Q(reason="")
                        | ~models.Q(standing="refused") & models.Q(reason=""),
                        name="wall_entry_refused_means_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(OF_A_GIFT_THAT_CAME, OF_ANY_GIFT),
        migrations.RunSQL(SHOWN_AS_READ, SHOWN_ANYHOW),
        # Who decided what, and when. Words that their donor takes back are gone.
        keep_history("donations_wallentry", leave_out=("name", "message")),
    ]
