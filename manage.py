#!/usr/bin/env python
"""Django's command line, with one clear sentence where the installation or a setting is broken."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"The installation is incomplete ({error}). Run `make install` and start again.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except ModuleNotFoundError as error:
        sys.exit(f"The installation is incomplete ({error}). Run `make install` and start again.")


if __name__ == "__main__":
    main()
