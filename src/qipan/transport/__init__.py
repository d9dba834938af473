"""运输 Transport: every load followed from the gate to a named receiver's signature.

Words: shipment, line, vehicle, departure, arrival, receipt, counted quantity, short count.

Invariants: shipped, arrived and in transit are sums over ledger movements, never copied;
departure moves the goods onto the shipment's road account, receipt moves what was counted
off it; a short count leaves the rest on the road until somebody explains it; a step is
added once, never changed.

Reads allocation, organisations, stock. Posts: store → road, road → store.
"""
