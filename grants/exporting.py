"""Gives approved payments to our bank in a file: those that fit, each with a warning if it was in a file before."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeal.refusal import Refused
from grants import conflicts
from grants.account_numbers import Unfit
from grants.models import FileLine, Look, OurAccount, PayeeAccount, PaymentFile, Tranche
from grants.models.payee_account import AT_A_BANK
from grants.payment_file import Debtor, Transfer, as_csv, pain001


class Form(models.TextChoices):
    XML = "xml", gettext_lazy("ISO 20022, pain.001.001.09")
    CSV = "csv", "CSV"


@dataclass(frozen=True)
class Judged:
    """An approved tranche, why it cannot be in a file, and the last file that it was in."""

    tranche: Tranche
    trouble: str
    before: FileLine | None


def judge(ours: OurAccount, now: datetime.datetime, *, by: User) -> list[Judged]:
    """All that is approved; who is tied to a group sees none of its payments."""
    known = ("grant__initiative", "grant__application__initiative", "account__host", "fund")
    approved = Tranche.objects.approved().select_related(*known)
    theirs = [tranche for tranche in approved if not conflicts.bars(by, tranche.grant)]
    return [Judged(tranche, trouble_with(tranche, ours, now), tranche.files.first()) for tranche in theirs]


def trouble_with(tranche: Tranche, ours: OurAccount, now: datetime.datetime) -> str:
    """Why the bank's file cannot have it; nothing, if it can."""
    try:
        tranche.refuse_unless_accepted()
        tranche.refuse_excluded_country()
        tranche.refuse_while_a_report_is_late(timezone.localdate())
        tranche.refuse_while_its_account_waits(now)
        pain001(_debtor(ours), [transfer(tranche)], message_id="test", made_at=now, execute_on=now.date())
    except (Refused, Unfit) as trouble:
        return str(trouble)
    return ""


def transfer(tranche: Tranche) -> Transfer:
    account = _at_a_bank(tranche)
    return Transfer(
        reference=str(tranche),
        payee=account.payee,
        account=account.number,
        bic=account.bic,
        bank_name=account.bank_name,
        bank_country=account.bank_country,
        payee_country=account.country,
        payee_town=account.town,
        amount=tranche.amount,
        purpose=f"Grant {tranche}",
    )


def _at_a_bank(tranche: Tranche) -> PayeeAccount:
    account = tranche.account
    if account is None or account.route not in AT_A_BANK:
        raise Refused(_("It does not go to a bank: pay it by hand."))
    if account.details:
        raise Refused(_("Its account has no fields: pay it by hand, or record the account anew."))
    return account


def _debtor(ours: OurAccount) -> Debtor:
    return Debtor(name=ours.name, account=ours.number, bic=ours.bic, country=ours.country, currency=ours.currency)


@transaction.atomic
def export(
    ours: OurAccount,
    chosen: Sequence[Tranche],
    *,
    form: Form,
    execute_on: datetime.date,
    again: bool,
    by: User,
    now: datetime.datetime,
) -> tuple[PaymentFile, bytes]:
    """The file, which stays on record; so does that this person was shown the accounts. Refused says what is amiss."""
    ours.refuse_unless_approved()
    tranches = _held(chosen)
    for tranche in tranches:
        if conflicts.bars(by, tranche.grant):
            raise Refused(_("You are tied to one of these groups, so another person has to make its file."))
        if trouble := trouble_with(tranche, ours, now):
            raise Refused(f"{tranche}: {trouble}")
        _refuse_a_second_time(tranche, again=again)
    file = PaymentFile(account=ours, made_by=by, made_at=now)
    content = _written(file, tranches, form, execute_on)
    file.sha256 = hashlib.sha256(content).hexdigest()
    file.save()
    FileLine.objects.bulk_create(FileLine(file=file, tranche=tranche) for tranche in tranches)
    for tranche in tranches:
        Look.objects.create(seen_by=by, initiative=tranche.grant.initiative, account=tranche.account)
    return file, content


def _held(chosen: Sequence[Tranche]) -> list[Tranche]:
    """Locked until the file is on record, so that two people do not make two files of one payment unwarned."""
    rows = Tranche.objects.approved().filter(pk__in=[tranche.pk for tranche in chosen])
    tranches = list(rows.select_for_update(of=["self"]).order_by("pk"))
    if len(tranches) < len(chosen):
        raise Refused(_("One of these payments is no longer approved. Please look again."))
    return tranches


def _refuse_a_second_time(tranche: Tranche, *, again: bool) -> None:
    before = tranche.files.first()
    if before and not again:
        words = {"tranche": tranche, "file": before}
        raise Refused(
            _("%(tranche)s is in a file already: %(file)s. If the bank has that file, it would pay twice.") % words
        )


def _written(file: PaymentFile, tranches: list[Tranche], form: Form, execute_on: datetime.date) -> bytes:
    transfers = [transfer(tranche) for tranche in tranches]
    try:
        if form == Form.CSV:
            return as_csv(transfers).encode()
        return pain001(
            _debtor(file.account), transfers, message_id=file.reference, made_at=file.made_at, execute_on=execute_on
        )
    except Unfit as trouble:
        raise Refused(str(trouble)) from trouble
