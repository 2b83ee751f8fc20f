import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import donations.models.donation


class Migration(migrations.Migration):
    dependencies = [("appeal", "0002_currency_of_the_funds"), ("donations", "0004_card_testers")]

    operations = [
        migrations.AddField(
            model_name="donation",
            name="invoice",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Stripe's, that this payment of a monthly gift is for",
                max_length=255,
            ),
        ),
        migrations.CreateModel(
            name="MonthlyGift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=donations.models.donation.new_reference, editable=False, max_length=16, unique=True
                    ),
                ),
                (
                    "amount_minor",
                    models.BigIntegerField(help_text="in the smallest unit of the currency, as Stripe counts"),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "every",
                    models.CharField(
                        choices=[("month", "every month"), ("year", "every year")], default="month", max_length=5
                    ),
                ),
                ("livemode", models.BooleanField()),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                ("anonymous", models.BooleanField(default=True)),
                ("message", models.CharField(blank=True, max_length=280, verbose_name="message")),
                ("language", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "not begun"),
                            ("active", "active"),
                            ("late", "the last payment failed"),
                            ("unpaid", "payments failed for long"),
                            ("paused", "paused"),
                            ("ended", "stopped"),
                            ("unknown", "unknown to us"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("status", models.CharField(blank=True, help_text="Stripe's own word for its state", max_length=40)),
                ("ended_reason", models.CharField(blank=True, help_text="Stripe's word", max_length=60)),
                ("subscription", models.CharField(max_length=255, null=True, unique=True)),
                (
                    "item",
                    models.CharField(
                        blank=True, help_text="the subscription's item, which has the price", max_length=255
                    ),
                ),
                ("customer", models.CharField(blank=True, max_length=255)),
                ("next_on", models.DateField(help_text="when the next payment is due", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("seen_at", models.DateTimeField(help_text="when Stripe last told us of it", null=True)),
                (
                    "mailed_at",
                    models.DateTimeField(help_text="when its donor was told that a payment has failed", null=True),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="monthly_gifts", to="appeal.campaign"
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly gift",
                "verbose_name_plural": "monthly gifts",
            },
        ),
        migrations.AddField(
            model_name="donation",
            name="monthly_gift",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="donations",
                to="donations.monthlygift",
            ),
        ),
        migrations.AddConstraint(
            model_name="donation",
            constraint=models.CheckConstraint(
                condition=models.Q(("invoice", ""), ("monthly_gift__isnull", False), _connector="OR"),
                name="donation_of_an_invoice_keeps_a_promise",
            ),
        ),
        migrations.AddIndex(
            model_name="monthlygift",
            index=models.Index(django.db.models.functions.text.Upper("email"), name="monthly_gift_email"),
        ),
        migrations.AddConstraint(
            model_name="monthlygift",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="monthly_gift_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthlygift",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="monthly_gift_currency_is_iso"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthlygift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "open"), ("subscription", None)),
                    models.Q(models.Q(("state", "open"), _negated=True), ("subscription__isnull", False)),
                    _connector="OR",
                ),
                name="monthly_gift_begun_means_at_stripe",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(django.db.models.functions.text.Upper("email"), name="donation_email"),
        ),
        migrations.CreateModel(
            name="DonorLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                ("language", models.CharField(max_length=10)),
                ("digest", models.CharField(max_length=64, null=True, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name="donorlink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("digest", None), ("expires_at", None)),
                    models.Q(("digest__isnull", False), ("expires_at__isnull", False)),
                    _connector="OR",
                ),
                name="donor_link_mailed_means_with_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="donorlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("opened_at", None), ("digest__isnull", False), _connector="OR"),
                name="donor_link_opened_means_mailed",
            ),
        ),
    ]
