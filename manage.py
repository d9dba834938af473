"""For Django's habits; the `qipan` command is the front door."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qipan.server.settings")
    execute_from_command_line(sys.argv)
