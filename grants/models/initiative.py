"""Refugee-led initiatives: who they are, and what of it keeps them findable for us alone."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_is_iso, names_of
from appeal.languages import known_language
from appeal.sealed import SealedTextField


class Region(models.TextChoices):
    """The United Nations' subregions round the network, wide enough to hide a group in."""

    EASTERN_ASIA = "eastern-asia", _("Eastern Asia")
    SOUTH_EASTERN_ASIA = "south-eastern-asia", _("South-eastern Asia")
    SOUTHERN_ASIA = "southern-asia", _("Southern Asia")
    CENTRAL_ASIA = "central-asia", _("Central Asia")
    WESTERN_ASIA = "western-asia", _("Western Asia")
    OCEANIA = "oceania", _("Oceania")
    ELSEWHERE = "elsewhere", _("Elsewhere")


# The United Nations' standard M49, for those of its regions that have a name here.
COUNTRIES = {
    Region.EASTERN_ASIA: "CN HK JP KP KR MN MO TW",
    Region.SOUTH_EASTERN_ASIA: "BN ID KH LA MM MY PH SG TH TL VN",
    Region.SOUTHERN_ASIA: "AF BD BT IN IR LK MV NP PK",
    Region.CENTRAL_ASIA: "KG KZ TJ TM UZ",
    Region.WESTERN_ASIA: "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    Region.OCEANIA: "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}


def region_of(country: str) -> Region:
    """Where a country lies; ELSEWHERE for those far from the network."""
    lies = (region for region, codes in COUNTRIES.items() if country in codes.split())
    return next(lies, Region.ELSEWHERE)


class Initiative(models.Model):
    """An organisation or group led by refugees. Pages show of it what `publication.public_view` gives.

    How it is reached and where exactly it is are sealed.
    """

    name = models.CharField(_("name"), max_length=200)
    public_alias = models.CharField(
        _("name for the public"),
        max_length=200,
        blank=True,
        help_text=_("Shown instead of the name, where a name is shown at all."),
    )
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=20, choices=Region)
    place = SealedTextField(
        _("exact place"),
        max_length=200,
        blank=True,
        help_text=_("Never published. Leave it empty unless the work needs it."),
    )
    languages = ArrayField(models.CharField(max_length=12, validators=[known_language]), verbose_name=_("languages"))
    contact = SealedTextField(_("contact person"), max_length=200, blank=True, db_default="")
    email = SealedTextField(_("contact email"), max_length=254, blank=True, validators=[validate_email])
    phone = SealedTextField(
        _("telephone number"),
        max_length=40,
        blank=True,
        db_default="",
        help_text=_("Groups without mail are called. With + and the country's code, like +62 812 3456 7890."),
    )
    registration = models.CharField(_("registration number"), max_length=100, blank=True)
    why_unregistered = models.TextField(_("why there is no registration"), blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")
        permissions = [("see_contact", "Can see how an initiative is reached, and its exact place")]
        constraints = [
            country_is_iso("initiative"),
            models.CheckConstraint(
                name="initiative_registered_or_says_why",
                condition=~Q(registration="") | ~Q(why_unregistered=""),
                violation_error_message=_("Give the registration number, or say why there is none."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def reads(self) -> str:
        """The language that it reads best, as far as our pages speak it."""
        spoken = dict(settings.LANGUAGES)
        return next((code for code in self.languages if code in spoken), settings.LANGUAGE_CODE)

    def country_name(self) -> str:
        """In the language of the page."""
        return names_of([self.country])
