"""Fixtures of the server's tests."""

from __future__ import annotations

from tests.server.postgres_world import folder, fresh, pattern, standing

__all__ = ["folder", "fresh", "pattern", "standing"]
