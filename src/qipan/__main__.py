"""``python -m qipan``: the same front door as the ``qipan`` command."""

from qipan.server.cli import main

main()
