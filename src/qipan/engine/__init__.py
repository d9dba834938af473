"""The pure part of Qipan: arrays and frozen dataclasses in, arrays and frozen dataclasses out.

Nothing here knows Django, a database, a clock, a file or chance: the same problem gives the same
plan on every machine. Contexts reach the engine only through their ``planning.py``.
"""
