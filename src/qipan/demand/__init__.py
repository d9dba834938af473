"""需求 Demand: who needs what, where, in which use zone, by when; and what is missing.

Words: reported need (a unit's own statement, with its whole history), official need
(published for a place), estimated need (burn rate), approved need (checked by the
health authority; what allocation works with), gap, hours to empty, shortage grade.

Invariants: the voices are kept apart and never overwritten; a statement is not edited,
a later one is added; a statement without a number stays without a number; what cannot
be read is listed for a person. Gap = need − on hand − in transit, never below zero.

Reads catalogue, organisations, stock. Posts nothing.
"""
