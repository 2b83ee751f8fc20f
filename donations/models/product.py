"""The Product at Stripe that a campaign's gifts are sold under, so to speak."""

from django.db import models

from appeal.models import Campaign


class Product(models.Model):
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    livemode = models.BooleanField()
    stripe_id = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(name="product_one_a_campaign", fields=["campaign", "livemode"])]

    def __str__(self) -> str:
        return self.stripe_id
