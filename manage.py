#!/usr/bin/env python
"""Django's command line; `demo` brings its own database and broker when none is configured."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if sys.argv[1:2] == ["demo"]:
            with_services()
        else:
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def with_services() -> None:
    """Settings are read once, so what the demo provides has to stand in the environment before them."""
    from config import embedded, preflight
    from config.demo.surroundings import surroundings

    preflight.stop_if_lacking()
    try:
        with surroundings(throwaway="--walk" in sys.argv):
            execute_from_command_line(sys.argv)
    except embedded.NotStarted as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
