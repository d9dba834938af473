"""统一社会信用代码: the unified social credit code of GB 32100-2015, which an enterprise may have or lack.

python-stdnum refuses codes of departments with a letter in front (A, N, Y); hence these few lines.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(3**n % 31 for n in range(17))


def compact(text: str) -> str:
    """Upper case, without blanks and hyphens, full-width forms made plain."""
    wide = {ord("０") + n: str(n) for n in range(10)} | {ord("Ａ") + n: chr(65 + n) for n in range(26)}
    return "".join(text.upper().translate(wide).split()).replace("-", "")


def is_credit_code(code: str) -> bool:
    """Whether 18 characters are of the alphabet, have a division code of digits at 3 to 8 and the right last one."""
    if len(code) != 18 or any(letter not in ALPHABET for letter in code) or not code[2:8].isdigit():
        return False
    total = sum(ALPHABET.index(letter) * weight for letter, weight in zip(code, WEIGHTS, strict=False))
    return code[17] == ALPHABET[-total % 31]
