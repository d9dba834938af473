"""Checks the books from outside: reads rows, the public key and what witnesses saw, and trusts nothing else.

A separate small reader on purpose: it shares no code with what writes the books. It needs SELECT on the tables and
the log's public key. ``checks`` reads the books, ``hashing`` has the tree and the notes, ``words`` the sentences.
"""

from qipan.verify.checks import Report, Witnessed, check_proof, read_witness_file, verify
from qipan.verify.hashing import Key, KeyUnreadable

__all__ = ["Key", "KeyUnreadable", "Report", "Witnessed", "check_proof", "read_witness_file", "verify"]
