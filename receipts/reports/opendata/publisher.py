"""Who says what is in the files: the organisation, as the registers of the standards know it."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings

UNREGISTERED_PREFIX = "360G-unregistered"
UNREGISTERED_ID = "XX-UNREGISTERED-refugeesrise"


@dataclass(frozen=True, slots=True)
class Publisher:
    """What nobody has registered stays empty, and each file then says so, under an identifier that cannot be real."""

    name: str
    website: str
    licence: str
    organisation: str = ""
    prefix: str = ""

    @classmethod
    def of_settings(cls) -> Self:
        return cls(
            name=settings.ORGANISATION_NAME,
            website=settings.PUBLIC_URL,
            licence=settings.OPEN_DATA_LICENCE,
            organisation=settings.ORGANISATION_ID,
            prefix=settings.THREESIXTY_PREFIX,
        )

    @property
    def grant_prefix(self) -> str:
        return self.prefix or UNREGISTERED_PREFIX

    @property
    def organisation_id(self) -> str:
        return self.organisation or UNREGISTERED_ID
