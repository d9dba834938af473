"""Replayed cases: real data of an emergency, driven by a clock through the same operations people use.

A case is a script of instants and acts; ``play`` runs every act up to an instant with the clock held
at it. What the sources do not contain (vehicles, drivers, receipts per hospital, source stocks by day)
is simulated with a fixed seed and labelled wherever it shows.
"""
