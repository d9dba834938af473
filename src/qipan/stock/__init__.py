"""库存台账 Stock: one append-only quantity ledger under everything that moves.

Words: account (where a quantity is: a store, what awaits release, a road, seized goods, or an
outside source or sink), movement (a quantity goes from one account to another), balance,
hold (a quantity promised out of a store), posting (one call, all or nothing),
reversal, count, lot.

Invariants (kept by the database, inside the SQL functions of ``migrations/0002_functions.sql``):
a movement has a source and a different destination, so every unit is at exactly
one account at every instant; no store gives out more than it has free; a key books
once; nothing is changed or deleted, a reversal points at what it reverses, once.
The web role may SELECT the ledger's tables and EXECUTE its functions, nothing else.

Reads organisations and catalogue. Everybody else posts here.
"""
