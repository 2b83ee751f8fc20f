"""Make an account for a member of staff, or give one other roles: `manage.py staff amina --role reviewer`."""

import secrets
from io import StringIO
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from config.roles import ROLES


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", action="append", choices=ROLES, required=True, help="may be given more than once")

    @transaction.atomic
    def handle(self, *args: Any, username: str, role: list[str], **options: Any) -> None:
        call_command("roles", stdout=StringIO())
        person, made = User.objects.get_or_create(username=username, defaults={"is_staff": True})
        person.groups.set(Group.objects.filter(name__in=role))
        if made:
            password = "-".join(secrets.token_hex(2) for _ in range(6))
            person.set_password(password)
            person.save()
            self.stdout.write(f"{username} signs in with {password}, sets up a second factor, and chooses a password.")
        self.stdout.write(f"{username}: {', '.join(sorted(role))}")
