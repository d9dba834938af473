"""Writes of policies and batches."""

from qipan.allocation.operations.issuing import approve_batch, issue_batch, void_batch
from qipan.allocation.operations.planning import plan_batch, warm_engine
from qipan.allocation.operations.policies import PolicyText, policy_in_force, state_policy

__all__ = [
    "PolicyText",
    "approve_batch",
    "issue_batch",
    "plan_batch",
    "policy_in_force",
    "state_policy",
    "void_batch",
    "warm_engine",
]
