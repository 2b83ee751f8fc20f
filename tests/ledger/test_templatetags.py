from django.template import engines
from django.utils import translation

from ledger.money import Money


def shown(money: Money) -> str:
    return engines["django"].from_string("{% load money %}{{ it|money }}").render({"it": money}).replace("\xa0", " ")


def test_money_stands_isolated_from_the_direction_around_it() -> None:
    assert shown(Money(1250_50, "USD")) == "<bdi>$1,250.50 USD</bdi>"


def test_money_is_written_in_the_readers_language() -> None:
    with translation.override("de"):
        assert shown(Money(1250_50, "EUR")) == "<bdi>1.250,50 € EUR</bdi>"
    with translation.override(None):
        assert shown(Money(1250_50, "EUR")) == "<bdi>€1,250.50 EUR</bdi>"
