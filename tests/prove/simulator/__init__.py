"""Weeks of trade in one process: what happened is done through the product's operations and kept beside it.

``memory`` is the ledger once more in plain Python; ``deeds`` are what people do, each with what the memory says must
come of it; ``play`` picks among them by a seed, sends them once, twice, late or through a broken connection, and
compares after each.
"""
