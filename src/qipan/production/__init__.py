"""生产 Production: who makes what, how much a day, and what holds them back.

Words: line (a maker makes one item at one plant), state of a line (idle, resuming, running, full, converting,
expanding), verified capacity, list (key makers; dispatch scope), daily report, voice (the firm's own number,
the commissioner's number), release (what was made is let go after aeration and test), ratchet (只增不减: the day
output falls somebody says why).

Invariants: a report is never edited, a later revision is added; the voices are kept apart; only the firm's voice is
booked, and only by what a revision adds to the one before; what a revision takes away waits for a second person.
What was made on a line with a release delay awaits release and is nobody's to plan until then.

Reads catalogue, organisations, stock. Posts outside/output → awaiting or store, awaiting → store.
"""
