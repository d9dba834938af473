"""Writes of the return to work. Facts are added, never changed."""

from qipan.resumption.operations.checking import (
    ChecklistText,
    assess,
    measures_of_shanxi,
    sign_commitment,
    write_checklist,
)
from qipan.resumption.operations.permitting import PermitText, StepText, apply_for_permit, step_permit
from qipan.resumption.operations.returning import (
    PhaseText,
    TallyText,
    count_people,
    plan_phase,
    start_phase,
    tell_return,
    tell_tallies,
)
from qipan.resumption.operations.ruling import ask_exemption, decide_exemption, set_start_rule

__all__ = [
    "ChecklistText", "PermitText", "PhaseText", "StepText", "TallyText", "apply_for_permit", "ask_exemption", "assess",
    "count_people", "decide_exemption", "measures_of_shanxi", "plan_phase", "set_start_rule", "sign_commitment",
    "start_phase", "step_permit", "tell_return", "tell_tallies", "write_checklist",
]  # fmt: skip
