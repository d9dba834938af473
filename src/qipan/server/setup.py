"""Brings a database to where the product can run: tables, rights, catalogue, regions."""

from __future__ import annotations

from django.core.management import call_command

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
