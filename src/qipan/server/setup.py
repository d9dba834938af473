"""Brings a database to where the product can run: tables, rights, catalogue, regions."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections

from qipan.catalogue import operations as catalogue
from qipan.demand import operations as demand
from qipan.organisations import operations as organisations


def prepare() -> None:
    """Migrate as the owner and seed what every deployment needs; does nothing the second time."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    seed()


def seed() -> None:
    """Seed regions, catalogue and the shortage scale, each once."""
    organisations.load_regions()
    catalogue.load_catalogue()
    demand.load_grades()


def empty_database() -> None:
    """Throw away the demo's tables and everything in them; refused outside a demo folder's database."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    connections.close_all()
