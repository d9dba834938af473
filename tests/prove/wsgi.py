"""What the served platform of a trial runs: the product, and before it, where a mutant asks for it, one patch."""

from __future__ import annotations

import os
from importlib import import_module

from qipan.server.wsgi import application

_module, _colon, _name = os.environ.get("QIPAN_PROVE_PATCH", "").partition(":")
if _name:
    getattr(import_module(_module), _name)()

__all__ = ["application"]
