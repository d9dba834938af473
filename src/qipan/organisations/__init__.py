"""单位 Organisations: who is where, who holds what for whom, and who may act.

Words: region (GB/T 2260), organisation (hospital, other unit, enterprise,
custodian, carrier, authority), place (a store or a delivery point; its holder
is not always its owner), key unit, person, post.

Invariants: region codes are never reused; a post has a validity period; demo
persons are plainly roles; a custodian's place keeps the owner beside the holder.

Reads catalogue nothing. Posts nothing. Regions are seeded from ``regions.csv``.
"""
