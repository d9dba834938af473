"""物资目录 Catalogue: what there is to share out, in which unit, for which use zone.

Words: material, category, pack, product standard, use zone, zone permission,
substitution, central control.

Invariants: every material has one unit; a pack converts to it exactly; unlike
units are never added; what may be used where, and what may stand in for what,
is data with a validity period and an authority.

Reads nothing. Posts nothing. Seeded from ``materials.csv``.
"""
