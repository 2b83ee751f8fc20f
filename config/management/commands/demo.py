"""`manage.py demo`: the whole service on this machine, until Ctrl-C. `--walk`: its story once, without a browser."""

import signal
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from config.demo import calls, joining, pledge, story, supporters
from config.demo.processes import service
from config.demo.surroundings import LOCAL
from config.demo.walk import walk


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--walk", action="store_true", help="go the whole way of a gift once, print it, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        try:
            call_command("migrate", verbosity=0)
            stop_if_in_use()
            if options["walk"]:
                sys.exit(0 if walk(self.stdout.write) else 1)
            self.run()
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
            sys.exit(130 if options["walk"] else 0)

    def run(self) -> None:
        with service(settings.PUBLIC_URL, log=LOCAL / "log", state=LOCAL / "stripe.json"):
            self.welcome()
            signal.pause()

    def welcome(self) -> None:
        campaign = story.tell()
        calls.tell(campaign)
        pledge.tell()
        joining.tell()
        supporters.tell(campaign)
        say = self.stdout.write
        say(self.style.SUCCESS("\nRefugeesRise is running. Ctrl-C stops it.\n"))
        say(f"  The appeal     {settings.PUBLIC_URL}{campaign.get_absolute_url()}")
        say(f"  Calls          {settings.PUBLIC_URL}{reverse('grants:calls')}")
        say(f"  The pledge     {settings.PUBLIC_URL}{reverse('appeal:pledge')}")
        say(f"  Staff          {settings.PUBLIC_URL}/staff/")
        for person in story.staff():
            say(f"                 {person.username} / {person.password}  ({person.purpose})")
        say("                 (a second factor is not asked for in the demo)")
        say(f"  Mail goes to   {LOCAL / 'mail'}")
        say(f"  Logs           {LOCAL / 'log'}")
        say(f"  Stripe         {settings.STRIPE_API_BASE}")
        say("  Cards          4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined,")
        say("                 4000 0027 6000 3184 asks the donor's bank; any date to come, any three digits\n")


def stop_if_in_use() -> None:
    """The demo makes staff accounts and prints their passwords: not where people work, and not for real money."""
    if settings.STRIPE_LIVEMODE or User.objects.exclude(username__in=story.STAFF).exists():
        raise CommandError(
            "The demo makes accounts with printed passwords, so it takes no live key of Stripe's and no database with"
            " accounts of people in it. Unset DATABASE_URL and STRIPE_SECRET_KEY, and it brings its own."
        )
