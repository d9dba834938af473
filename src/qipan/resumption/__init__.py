"""复工 Return to work: from when firms may resume, what they must have done before, and how many have.

Words: start rule (no firm of a class resumes before an instant; a class is a list of enterprises), exemption (a firm
may resume earlier, once somebody else has approved it), checklist (numbered measures in versions), assessment (a firm
against a checklist, with evidence), commitment (a firm signs for its duty), phase (core systems first, others follow),
attendance (people on site against normal), return (a firm works again, or stops), tally (what a division counts),
permit case (an application on its way through departments, with a clock, granted until a day).

Invariants: what was said is never edited, a later word replaces; nobody approves what he asked for; a phase that is not
core starts after every core phase of the plan; a return earlier than allowed is kept and marked, never refused: it
happened. What was expected of a day is worked out from what was known then, at every reading anew.

Reads organisations, catalogue. Posts nothing.
"""
