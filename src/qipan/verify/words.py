"""What ``verify`` says, in both languages."""

from __future__ import annotations

PROBLEMS = {
    "leaf_differs": (
        "第 {n} 条日志（{kind} {ref}）与账上的行不符：该行在封存后被改动",
        "Leaf {n} ({kind} {ref}) is not the row in the books: it was changed after it was sealed",
    ),
    "row_gone": (
        "第 {n} 条日志（{kind} {ref}）在账上已没有对应的行：封存后被删除",
        "Leaf {n} ({kind} {ref}) has no row in the books: it was deleted after it was sealed",
    ),
    "number_missing": (
        "日志缺第 {n} 条",
        "Leaf {n} is missing from the log",
    ),
    "not_in_log": (
        "{kind} {ref} 既不在日志中，也不在待封存之列：绕过了日志",
        "{kind} {ref} is neither in the log nor waiting: it was written behind the log's back",
    ),
    "root_differs": (
        "检查点 {size}：由账上各行重算的根与签署的根不符",
        "Checkpoint {size}: the root recomputed from the rows is not the root that was signed",
    ),
    "signature_wrong": (
        "检查点 {size}：签名不是此公钥所签",
        "Checkpoint {size}: the signature is not this key's",
    ),
    "note_unreadable": (
        "检查点 {size}：无法读取",
        "Checkpoint {size}: it cannot be read",
    ),
    "log_shorter": (
        "见证方 {witness} 见过 {size} 条日志，账上只有 {leaves} 条：有记录丢失",
        "Witness {witness} saw {size} leaves, the books have {leaves}: entries were lost",
    ),
    "fork": (
        "见证方 {witness} 在第 {size} 条处所见的根与账不符：此前的历史被改写",
        "Witness {witness} saw another root at {size} leaves: what came before it was rewritten",
    ),
    "witness_file_wrong": (
        "见证文件 {witness}：{why}",
        "Witness file {witness}: {why}",
    ),
    "balance_differs": (
        "账户 {account}、物资 {item}、批号 {lot}：余额表为 {kept}，由记账重算为 {booked}（在手/占用）",
        "Account {account}, item {item}, lot {lot}: the table says {kept}, the movements say {booked} (on hand/held)",
    ),
    "balance_negative": (
        "账户 {account}、物资 {item}、批号 {lot}：余额为负（{kept}）",
        "Account {account}, item {item}, lot {lot}: less than nothing ({kept})",
    ),
    "snapshot_differs": (
        "{at} 的快照与由记账重算的结果有 {rows} 行不符",
        "The snapshot of {at} differs from what the movements give in {rows} rows",
    ),
    "reversed_twice": (
        "移动 {ref} 被冲正了不止一次",
        "Movement {ref} is reversed more than once",
    ),
}

CAVEATS = {
    "no_key": (
        "没有公钥：未核对任何签名。",
        "No public key was given: no signature was checked.",
    ),
    "own_key": (
        "公钥取自本机的密钥文件：能发现误改，不能发现持有该密钥者的改写。",
        "The public key came from this machine's own key file: accidents show, a rewrite by whoever holds "
        "that key does not.",
    ),
    "no_witness": (
        "没有见证文件：持有签名密钥的人可以重写全部历史而不留痕迹。",
        "No witness file was given: whoever holds the signing key could have rewritten everything without a trace.",
    ),
    "after_witness": (
        "最近一次见证之后的 {leaves} 条日志只由自己的签名担保。",
        "The {leaves} leaves after the last witnessed checkpoint rest on the log's own signature alone.",
    ),
    "waiting": (
        "{waiting} 行尚待封存，未纳入核对。",
        "{waiting} rows still wait to be sealed and are not covered.",
    ),
    "no_checkpoint": (
        "还没有任何检查点。",
        "There is no checkpoint yet.",
    ),
}


def sentence(code: str, values: dict[str, object], *, is_chinese: bool) -> str:
    """The sentence of a problem or caveat."""
    pair = PROBLEMS.get(code) or CAVEATS[code]
    return pair[0 if is_chinese else 1].format(**values)
