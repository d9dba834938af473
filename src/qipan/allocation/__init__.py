"""调拨 Allocation: share out what there is, fairly and with a reason for every number.

Words: policy (named, versioned data), tier, plan, certificate, batch (numbered, never
reused), batch need (what was asked and given), batch line (from where, which item, how
much), approval, issue (holds in one call, all or nothing).

Invariants: a lower tier gets nothing a higher tier could use; an item goes only where
its standard may be used that day; without a certificate nothing is approved; who planned
does not approve; what went into a plan is frozen and hashed with the batch; a step is
added, never changed.

Reads demand, stock, organisations, catalogue. Posts: holds out of stores.
"""
