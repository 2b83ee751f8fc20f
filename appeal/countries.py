"""Countries by their codes, and their names in the language of the reader."""

from collections.abc import Iterable
from operator import itemgetter

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.currencies import locale_for

# CLDR has two-letter codes that ISO 3166 assigns to no country; XK, Kosovo, is the one in use.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


def country_names() -> dict[str, str]:
    """ISO 3166 alpha-2 codes and their names in the active language, by name."""
    countries = {
        code: name
        for code, name in locale_for(get_language() or "en").territories.items()
        if len(code) == 2 and code not in NO_COUNTRIES
    }
    return dict(sorted(countries.items(), key=itemgetter(1)))


def names_of(countries: Iterable[str]) -> str:
    """Of ISO 3166 alpha-2 codes, in the language of the page."""
    known = country_names()
    return ", ".join(known.get(code, code) for code in countries)


def country_is_iso(of: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"{of}_country_is_iso_alpha_2",
        condition=Q(country__regex=r"^[A-Z]{2}$"),
        violation_error_message=_("Choose a country."),
    )
