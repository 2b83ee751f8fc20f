"""Where a new issuer profile may begin: for each kind of receipt the words, the rules, and whose page we read.

These are our own words for what the authorities ask for, on the day named. They are no advice: an issuer's adviser
approves them, and a profile keeps its own copy.
"""

# ruff: noqa: E501 (sentences that people will copy and compare stand in one piece)

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PLAIN = "plain"
REVIEWED = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Words:
    kind: str
    language: str
    words: str


@dataclass(frozen=True, slots=True)
class Scheme:
    title: Promise
    jurisdiction: str
    statement: str
    """What a receipt states, in `language`."""
    annual: str
    more: tuple[Words, ...] = ()
    required: tuple[str, ...] = ()
    """Fields that are always asked for."""
    source: str = ""
    """The authority's page that we read, on REVIEWED."""
    note: Promise | str = ""
    """What else the issuer has to do, or to put into the profile."""
    language: str = "en"
    time_zone: str = "UTC"
    year_begins: str = "01-01"
    currency: str = ""
    for_tax: bool = True
    """Whether donors may need the paper for their tax."""
    names_eligible_amount: bool = False
    declares: bool = False
    """Whether donors declare something, so that the issuer claims tax back."""
    portal: str = ""
    """The list that the issuer hands in."""


ACKNOWLEDGEMENT = "We have received your gift of {amount} on {given_on}. Thank you. This is not a receipt for tax."

SCHEMES = {
    PLAIN: Scheme(
        title=_("Plain acknowledgement"),
        jurisdiction="",
        statement="We have received your gift of {amount}. In return you received: {advantage}. "
        "This paper thanks you for it. It does not say whether the gift lowers a tax of yours.",
        annual="We have received these gifts between {first_day} and {last_day}, {amount} in all. Nothing was given in "
        "return. This paper does not say whether they lower a tax of yours.",
        note=_("For every country, and for issuers whose gifts lower no tax."),
        for_tax=False,
    ),
    "us_501c3": Scheme(
        title=_("United States: 501(c)(3) organization"),
        jurisdiction="United States",
        statement="{legal_name} ({registration}) is a tax-exempt organization under section 501(c)(3) of the Internal "
        "Revenue Code. Goods or services given to you in return for this gift of {amount}, with our good-faith estimate "
        "of their value: {advantage}.\n\nFor a gift of $250 or more you need such a written acknowledgment before you file "
        "your tax return. Please keep it.",
        annual="{legal_name} ({registration}) is a tax-exempt organization under section 501(c)(3) of the Internal Revenue "
        "Code. Between {first_day} and {last_day} we received the gifts listed here, {amount} in all. No goods or services "
        "were given to you in return.\n\nFor a gift of $250 or more you need such a written acknowledgment before you file "
        "your tax return. Please keep it.",
        source="https://www.irs.gov/charities-non-profits/charitable-organizations/charitable-contributions-written-acknowledgments",
        note=_(
            "Write the EIN into “registration”. Where something was given in return, name it and its value when you replace the receipt."
        ),
        time_zone="America/New_York",
        currency="USD",
    ),
    "ca": Scheme(
        title=_("Canada: registered charity"),
        jurisdiction="Canada",
        statement="Official receipt for income tax purposes. Eligible amount of the gift: {eligible_amount}. Advantage received by "
        "the donor: {advantage}.\n\n{legal_name}, registration number {registration}. "
        "Canada Revenue Agency: canada.ca/charities-giving",
        annual="Official receipt for income tax purposes. Eligible amount of the gifts received between {first_day} and {last_day}: "
        "{amount}. The donor received no advantage.\n\n{legal_name}, registration number {registration}. "
        "Canada Revenue Agency: canada.ca/charities-giving",
        more=(
            Words("replacement", "en", "This receipt cancels and replaces receipt {replaces}."),
            Words(
                "receipt",
                "fr",
                "Reçu officiel aux fins de l’impôt sur le revenu. Montant admissible du don : {eligible_amount}. Avantage reçu par le "
                "donateur : {advantage}.\n\n{legal_name}, numéro d’enregistrement {registration}. "
                "Agence du revenu du Canada : canada.ca/organismes-bienfaisance-dons",
            ),
            Words("replacement", "fr", "Ce reçu annule et remplace le reçu {replaces}."),
        ),
        required=("name", "address"),
        source="https://www.canada.ca/en/revenue-agency/services/charities-giving/charities/operating-a-registered-charity/issuing-receipts/what-information-must-on-official-donation-receipt-a-registered-charity.html",
        note=_("Give the place of issue, and name and address as the Canada Revenue Agency has them on file."),
        time_zone="America/Toronto",
        currency="CAD",
        names_eligible_amount=True,
    ),
    "au_dgr": Scheme(
        title=_("Australia: deductible gift recipient"),
        jurisdiction="Australia",
        statement="This receipt is for a gift of {amount} to {legal_name}, {registration}, a deductible gift recipient. "
        "In return you received: {advantage}.",
        annual="This receipt is for gifts to {legal_name}, {registration}, a deductible gift recipient, received between "
        "{first_day} and {last_day}: {amount} in all. Nothing was given to you in return.",
        source="https://www.ato.gov.au/businesses-and-organisations/not-for-profit-organisations/gifts-and-fundraising/tax-deductible-gifts/receipts-for-tax-deductible-gifts",
        note=_("Write the ABN into “registration”, and the name of the fund as it is endorsed into “legal name”."),
        time_zone="Australia/Sydney",
        year_begins="07-01",
        currency="AUD",
    ),
    "au": Scheme(
        title=_("Australia: not a deductible gift recipient"),
        jurisdiction="Australia",
        statement="{legal_name}, {registration}, has received your gift of {amount}. In return you received: {advantage}. "
        "Thank you. {legal_name} is not a deductible gift recipient: this gift cannot be claimed in a tax return.",
        annual="{legal_name}, {registration}, has received these gifts between {first_day} and {last_day}, {amount} in all. "
        "Thank you. {legal_name} is not a deductible gift recipient: these gifts cannot be claimed in a tax return.",
        source="https://www.ato.gov.au/businesses-and-organisations/not-for-profit-organisations/gifts-and-fundraising/tax-deductible-gifts/receipts-for-tax-deductible-gifts",
        note=_("Never say that gifts are deductible."),
        time_zone="Australia/Sydney",
        year_begins="07-01",
        for_tax=False,
    ),
    "nz": Scheme(
        title=_("New Zealand: donee organisation"),
        jurisdiction="New Zealand",
        statement="This receipt is for a donation of {amount} by {donor_name} to {legal_name}, received on {given_on}. "
        "In return the donor received: {advantage}.\n\n{registration}",
        annual="This receipt is for donations by {donor_name} to {legal_name}, received between {first_day} and {last_day}: "
        "{amount} in all. Nothing was given in return.\n\n{registration}",
        required=("name",),
        source="https://www.ird.govt.nz/roles/not-for-profits-and-charities/running-your-nfp/helping-donors-claim-refund",
        note=_(
            "Write the IRD number and the charities number into “registration”, and full name and designation into “signatory”."
        ),
        time_zone="Pacific/Auckland",
        year_begins="04-01",
        currency="NZD",
    ),
    "gb": Scheme(
        title=_("United Kingdom: Gift Aid"),
        jurisdiction="United Kingdom",
        statement="{legal_name}, {registration}, has received your gift of {amount} on {given_on}. In return you received: "
        "{advantage}. Thank you. If you have declared Gift Aid for it, we claim the basic rate of tax on it; please "
        "keep this paper if you pay a higher rate.",
        annual="{legal_name}, {registration}, has received these gifts between {first_day} and {last_day}, {amount} in all. "
        "Nothing was given in return. Thank you.",
        more=(
            Words(
                "declaration",
                "en",
                "I want {legal_name} to claim Gift Aid on the gifts that I choose below. I pay tax in the United Kingdom. I "
                "understand that if the income tax and capital gains tax that I pay in a tax year are less than the Gift "
                "Aid claimed on all my gifts in that year, it is up to me to pay the difference. I will tell "
                "{legal_name} if I want to cancel this declaration, if my name or home address changes, or if I no longer "
                "pay enough tax.",
            ),
        ),
        source="https://www.gov.uk/guidance/gift-aid-declarations-claiming-tax-back-on-donations",
        note=_("Donors declare on a page of their own. The claim schedule is under “Fiscal years”."),
        time_zone="Europe/London",
        year_begins="04-06",
        for_tax=False,
        declares=True,
        portal="gift_aid",
    ),
    "jp": Scheme(
        title=_("Japan: certified NPO"),
        jurisdiction="日本",
        statement="寄附金受領証明書\n\n{donor_name} 様より、{given_on}に寄附金 {amount} を受領いたしました。"
        "本寄附金は、当法人が行う特定非営利活動に係る事業に充てられます。\n\n{legal_name}\n{registration}",
        annual="寄附金受領証明書\n\n{donor_name} 様より、{first_day}から{last_day}までに、下記の寄附金 合計 {amount} を受領"
        "いたしました。本寄附金は、当法人が行う特定非営利活動に係る事業に充てられます。\n\n{legal_name}\n{registration}",
        more=(
            Words(
                "receipt",
                "en",
                "Certificate of a donation received: {amount} from {donor_name} on {given_on}, used for the specified "
                "non-profit activities of {legal_name}.\n\n{registration}",
            ),
        ),
        required=("name", "address"),
        source="https://www.npo-homepage.go.jp/kifu/kifu-yuuguu",
        note=_("Write number and day of the certification, and who certified, into “registration”."),
        language="ja",
        time_zone="Asia/Tokyo",
        year_begins="01-01",
        currency="JPY",
    ),
    "hk": Scheme(
        title=_("Hong Kong: section 88 charity"),
        jurisdiction="Hong Kong",
        statement="{legal_name} is a charitable institution exempt from tax under section 88 of the Inland Revenue Ordinance "
        "({registration}). We have received a donation of {amount} in money from {donor_name} on {given_on}. In return "
        "the donor received: {advantage}.",
        annual="{legal_name} is a charitable institution exempt from tax under section 88 of the Inland Revenue Ordinance "
        "({registration}). Between {first_day} and {last_day} we have received donations in money from {donor_name}, "
        "{amount} in all. Nothing was given in return.",
        required=("name",),
        source="https://www.ird.gov.hk/eng/tax/ach_donation.htm",
        note=_("Write the file number of the Inland Revenue Department into “registration”."),
        time_zone="Asia/Hong_Kong",
        year_begins="04-01",
        currency="HKD",
    ),
    "my": Scheme(
        title=_("Malaysia: approved under subsection 44(6)"),
        jurisdiction="Malaysia",
        statement="Official receipt {number} for a donation in money of {amount} from {donor_name}, received on {given_on}. "
        "{legal_name} is approved by the Director General of Inland Revenue under subsection 44(6) of the Income Tax Act "
        "1967: {registration}. In return the donor received: {advantage}.",
        annual="Official receipt {number} for donations in money from {donor_name}, received between {first_day} and "
        "{last_day}: {amount} in all. {legal_name} is approved by the Director General of Inland Revenue under subsection "
        "44(6) of the Income Tax Act 1967: {registration}. Nothing was given in return.",
        required=("name", "address", "tax_id"),
        source="https://www.hasil.gov.my/en/institutionsorganizationsfunds-primarily-is-not-for-profit/donation-receipts/explanation-of-the-use-of-donation-receipts/",
        note=_(
            "Write the reference of the approval and its dates into “registration”. Donors are asked for the number of their identity card or registration."
        ),
        time_zone="Asia/Kuala_Lumpur",
        currency="MYR",
    ),
    "in": Scheme(
        title=_("India: section 80G, certificates by the portal"),
        jurisdiction="India",
        statement="{legal_name} has received {amount} from {donor_name} on {given_on}. {registration}. In return the donor "
        "received: {advantage}.\n\nThis paper acknowledges the donation. For a deduction under section 80G you need the "
        "certificate in Form 10BE, which follows when we have handed in our yearly statement.",
        annual="{legal_name} has received these donations from {donor_name} between {first_day} and {last_day}, {amount} in "
        "all. {registration}. Nothing was given in return.\n\nThis paper acknowledges them. For a deduction under section 80G "
        "you need the certificate in Form 10BE, which follows when we have handed in our yearly statement.",
        required=("name", "address", "tax_id"),
        source="https://www.incometax.gov.in/iec/foportal/help/statutory-forms/popular-form/form10bd-um",
        note=_(
            "Write the unique registration number into “registration”. The list for Form 10BD is under “Fiscal years”."
        ),
        time_zone="Asia/Kolkata",
        year_begins="04-01",
        currency="INR",
        portal="form_10bd",
    ),
}
CHOICES = [(code, scheme.title) for code, scheme in SCHEMES.items()]


def first_version(code: str) -> str:
    """Of the texts that a profile begins with: whose they are and when we read the source."""
    return f"{code}-{REVIEWED.isoformat()}"
