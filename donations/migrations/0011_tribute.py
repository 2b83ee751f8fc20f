"""Gifts in honour of somebody, or in memory, with a card by mail; and what PostgreSQL refuses about them."""

import django.db.models.deletion
from django.db import migrations, models

import appeal.sealed

ONE_CARD = """
    CREATE FUNCTION donations_check_tribute_gift() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM donations_donation d
                       WHERE d.id = NEW.donation_id AND d.state IN ('paid', 'settled') AND NOT d.bounced) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'only a gift that came honours somebody', CONSTRAINT = TG_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tribute_is_of_a_gift_that_came BEFORE INSERT OR UPDATE OF donation_id
        ON donations_tribute FOR EACH ROW EXECUTE FUNCTION donations_check_tribute_gift();

    CREATE FUNCTION donations_refuse_second_card() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE integrity_constraint_violation USING
            MESSAGE = 'a card that is mailed stays on record, and is not mailed again', CONSTRAINT = TG_NAME;
    END $$;
    CREATE TRIGGER tribute_is_mailed_once BEFORE UPDATE ON donations_tribute
        FOR EACH ROW WHEN (OLD.mailed_at IS NOT NULL
            AND (OLD.donation_id, OLD.kind, OLD.send_on, OLD.mailed_at)
                IS DISTINCT FROM (NEW.donation_id, NEW.kind, NEW.send_on, NEW.mailed_at))
        EXECUTE FUNCTION donations_refuse_second_card();
    CREATE TRIGGER tribute_once_mailed_stays BEFORE DELETE ON donations_tribute
        FOR EACH ROW WHEN (OLD.mailed_at IS NOT NULL) EXECUTE FUNCTION donations_refuse_second_card();
"""
ANY_CARD = """
    DROP TRIGGER tribute_once_mailed_stays ON donations_tribute;
    DROP TRIGGER tribute_is_mailed_once ON donations_tribute;
    DROP FUNCTION donations_refuse_second_card();
    DROP TRIGGER tribute_is_of_a_gift_that_came ON donations_tribute;
    DROP FUNCTION donations_check_tribute_gift();
"""


class Migration(migrations.Migration):
    dependencies = [("donations", "0010_wall")]

    operations = [
        migrations.CreateModel(
            name="NeverAgain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.CharField(max_length=64, unique=True)),
                (
                    "digest",
                    appeal.sealed.SealedTextField(
                        help_text="what the mark is made of, so that it can be made with another key"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(mark__regex="^[0-9a-f]{64}$"), name="never_again_has_its_mark"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("mailed_at", models.DateTimeField(null=True, verbose_name="mailed at")),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                ("retry_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, db_default="", max_length=100, verbose_name="problem")),
                (
                    "kind",
                    models.CharField(
                        choices=[("honour", "in honour of"), ("memory", "in memory of")],
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                ("honoured", appeal.sealed.SealedTextField(verbose_name="who is honoured")),
                ("sender", appeal.sealed.SealedTextField(blank=True, verbose_name="from whom")),
                ("message", appeal.sealed.SealedTextField(blank=True, verbose_name="message")),
                ("address", appeal.sealed.SealedTextField(blank=True, verbose_name="address")),
                ("address_mark", models.CharField(blank=True, db_index=True, max_length=64)),
                ("send_on", models.DateField(null=True, verbose_name="day of the card")),
                (
                    "donation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tribute", to="donations.donation"
                    ),
                ),
            ],
            options={
                "verbose_name": "tribute",
                "verbose_name_plural": "tributes",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["honour", "memory"]), name="tribute_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(send_on__isnull=False) | models.Q(address__empty=True, mailed_at=None),
                        name="tribute_without_a_day_is_not_mailed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(address__empty=True, address_mark="")
                        | models.Q(address__empty=False, address_mark__regex="^[0-9a-f]{64}$"),
                        name="tribute_address_has_its_mark",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ONE_CARD, ANY_CARD),
    ]
