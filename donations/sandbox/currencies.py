"""The currencies a donor can be charged in, how many decimals Stripe gives them, and what they are worth in dollars.

The rates are round figures and never move, so that every test and every demo gives the same books.
"""

from decimal import ROUND_HALF_UP, Decimal

from donations.sandbox.errors import invalid

SETTLEMENT = "usd"
LEAST = 50  # US cents
MOST = 99_999_999
ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
WHOLE_UNITS = frozenset({"isk", "ugx"})  # two decimals on the wire, and both of them 0
RATES = """
    usd=1 aed=0.2723 afn=0.0142 all=0.0119 amd=0.0026 ang=0.5587 aoa=0.0011 ars=0.0007 aud=0.66 awg=0.5556
    azn=0.5882 bam=0.5522 bbd=0.5 bdt=0.0082 bgn=0.5522 bhd=2.6525 bif=0.00034 bmd=1 bnd=0.77 bob=0.1447
    brl=0.18 bsd=1 bwp=0.074 byn=0.305 bzd=0.4975 cad=0.72 cdf=0.00044 chf=1.24 clp=0.00105 cny=0.14
    cop=0.00025 crc=0.002 cve=0.0098 czk=0.0475 djf=0.0056 dkk=0.1447 dop=0.0158 dzd=0.0077 egp=0.0207
    etb=0.0066 eur=1.08 fjd=0.44 fkp=1.31 gbp=1.31 gel=0.37 gip=1.31 gmd=0.0138 gnf=0.000115 gtq=0.1305
    gyd=0.0048 hkd=0.1285 hnl=0.0382 htg=0.0076 huf=0.00275 idr=0.000061 ils=0.296 inr=0.0113 isk=0.0081
    jmd=0.0063 jod=1.41 jpy=0.0065 kes=0.0077 kgs=0.0114 khr=0.00025 kmf=0.0022 krw=0.0007 kwd=3.25 kyd=1.2
    kzt=0.0019 lak=0.000046 lbp=0.0000112 lkr=0.0033 lrd=0.0055 lsl=0.057 mad=0.108 mdl=0.0588 mga=0.00022
    mkd=0.0176 mmk=0.000476 mnt=0.00028 mop=0.1248 mur=0.0218 mvr=0.0649 mwk=0.00058 mxn=0.0538 myr=0.237
    mzn=0.0157 nad=0.057 ngn=0.00068 nio=0.0272 nok=0.0985 npr=0.0071 nzd=0.58 omr=2.6 pab=1 pen=0.295
    pgk=0.236 php=0.0172 pkr=0.0036 pln=0.2545 pyg=0.00014 qar=0.2747 ron=0.2125 rsd=0.0092 rub=0.0123
    rwf=0.00069 sar=0.2667 sbd=0.1215 scr=0.0705 sek=0.105 sgd=0.77 shp=1.31 sle=0.0434 sos=0.00175 srd=0.0259
    std=0.000044 szl=0.057 thb=0.0309 tjs=0.1081 tnd=0.3400 top=0.417 try=0.0237 ttd=0.1475 twd=0.0326
    tzs=0.00041 uah=0.0238 ugx=0.00028 uyu=0.0251 uzs=0.000083 vnd=0.000038 vuv=0.0082 wst=0.358 xaf=0.00165
    xcd=0.3704 xcg=0.5587 xof=0.00165 xpf=0.0091 yer=0.0042 zar=0.057 zmw=0.0444
"""  # what one unit is worth
DOLLARS = {currency: Decimal(rate) for currency, rate in (pair.split("=") for pair in RATES.split())}
SUPPORTED = frozenset(DOLLARS)


def exponent(currency: str) -> int:
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def exchange_rate(currency: str) -> Decimal | None:
    """US cents for one smallest unit of the currency; None for dollars, which are not exchanged."""
    if currency == SETTLEMENT:
        return None
    return DOLLARS[currency].scaleb(2 - exponent(currency))


def settled(amount: int, currency: str) -> int:
    """What reaches the account, in US cents, before the fee."""
    rate = exchange_rate(currency)
    return amount if rate is None else rounded(amount * rate)


def rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def shown(amount: int, currency: str) -> str:
    """`EUR 1,250.50`."""
    decimals = exponent(currency)
    return f"{currency.upper()} {Decimal(amount).scaleb(-decimals):,.{decimals}f}"


def check_refund(amount: int, currency: str, param: str = "") -> None:
    """Refuse a fraction that the currency does not have."""
    step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_UNITS else 1
    if amount % step:
        raise invalid(f"Invalid amount: an amount in {currency} must be a multiple of {step}.", param=param)


def check_charge(amount: int, currency: str, param: str = "") -> None:
    """Refuse what Stripe cannot charge: too little, too much, or a fraction the currency does not have."""
    check_refund(amount, currency, param)
    if amount > MOST:
        raise invalid(
            f"The total amount due must be no more than {shown(MOST, currency)}.", param=param, code="amount_too_large"
        )
    if settled(amount, currency) < LEAST:
        raise invalid(
            f"The total amount must convert to at least 50 cents. {shown(amount, currency)} converts to"
            f" approximately {shown(settled(amount, currency), SETTLEMENT)}.",
            param=param,
            code="amount_too_small",
        )
