"""The sandbox as a process: it starts, keeps its account on request, and never outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from donations.sandbox.process import SandboxError, running
from tests.donations.sandbox import build

ORPHAN = """
import sys, time
from donations.sandbox.process import running
with running() as sandbox:
    print(sandbox.pid, flush=True)
    time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"


def gone(pid: int) -> bool:
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.1)
    return False


def test_it_is_there_for_as_long_as_it_is_wanted() -> None:
    with running() as sandbox:
        assert requests.get(f"{sandbox.url}/v1/balance", auth=("sk_test_any", ""), timeout=20).status_code == 200
    assert gone(sandbox.pid)
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=5)


def test_it_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(how: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "donations.sandbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout
    child.stdout.readline()
    child.send_signal(how)
    _, errors = child.communicate(timeout=20)
    assert (child.returncode, errors) == (0, b"")


def test_a_port_that_is_taken_is_an_error() -> None:
    with running() as sandbox, pytest.raises(SandboxError, match="did not start"):  # noqa: SIM117
        with running(port=int(sandbox.url.rpartition(":")[2])):
            pass


def test_the_same_seed_gives_the_same_ids() -> None:
    seen = []
    for seed in ("1", "1", "2"):
        with running(seed=seed) as sandbox:
            seen.append(sandbox.control("gifts")["gifts"][0])
    assert seen[0] == seen[1] != seen[2]


def test_money_settles_by_itself_soon_after() -> None:
    with running(settle_after=0.2) as sandbox:
        build.paid(sandbox)
        moved = build.client(sandbox).v1.balance_transactions
        deadline = time.monotonic() + 20
        while not moved.list().data and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(moved.list().data) == 1


def test_an_account_goes_on_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "account.json"
    with running(state=state, settle_after=3600) as sandbox:
        paid, opened = build.paid(sandbox), build.session(sandbox)
    with running(state=state, settle_after=3600) as sandbox:
        api = build.client(sandbox).v1
        assert api.checkout.sessions.retrieve(paid.id).payment_status == "paid"
        page = api.checkout.sessions.retrieve(opened.id).url
        assert page
        assert page.startswith(sandbox.url)
        assert build.pay(page).status_code == 303
        build.later(sandbox, 3601)
        assert len({each.id for each in api.balance_transactions.list().data}) == 2


def test_money_on_its_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "account.json"
    with running(state=state, settle_after=3600) as sandbox:
        gift, other = sandbox.control("gifts", count=2)["gifts"]
        dispute = sandbox.control("disputes", charge=gift["charge"], amount=1_00)["id"]
        refund = sandbox.control("refunds", charge=other["charge"], amount=1_00, pending=True)["id"]
        sandbox.control("rates", eur="2")
        build.later(sandbox, 2 * build.DAY)
        payout = sandbox.control("payouts")["id"]
    with running(state=state, settle_after=3600) as sandbox:
        build.later(sandbox, 2 * build.DAY)
        api = build.client(sandbox).v1
        assert api.payouts.retrieve(payout).status == "paid"
        assert len(api.balance_transactions.list({"payout": payout}).data) == 4
        assert sandbox.control("refunds/advance", refund=refund, to="succeeded")["status"] == "succeeded"
        won = sandbox.control("disputes/close", dispute=dispute, outcome="won")
        assert len(won["balance_transactions"]) == 2
        dear = sandbox.control("gifts", amount=1_00, currency="eur")["gifts"][0]["balance_transaction"]
        assert api.balance_transactions.retrieve(dear).amount == 2_00
