"""The WSGI application: what `qipan serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qipan.server.settings")
application = get_wsgi_application()

from qipan.allocation.operations import warm_engine  # noqa: E402 (needs the settings)
from qipan.kernel import scope  # noqa: E402

scope.begin(scope.NOTHING)
warm_engine()
