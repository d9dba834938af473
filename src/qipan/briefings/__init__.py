"""例会 Briefings: the situation on one page, and the figures as of 24:00.

Words: operations room, wall, briefing, cut.

Invariants: nothing is computed here that a context already gives; every number on the
page leads to its figure.

Reads every context below. Posts nothing.
"""
