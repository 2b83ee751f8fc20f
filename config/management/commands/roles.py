"""Write what config/roles.py says to the groups of the staff. Run it after every upgrade; twice changes nothing."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction

from config.roles import ROLES


class Command(BaseCommand):
    help = __doc__

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        known = Permission.objects.select_related("content_type")
        by_name = {f"{each.content_type.app_label}.{each.codename}": each for each in known}
        for name, role in ROLES.items():
            group, _made = Group.objects.get_or_create(name=name)
            group.permissions.set([each for permission, each in by_name.items() if role.has(permission)])
            self.stdout.write(f"{name}: {role.purpose}")
