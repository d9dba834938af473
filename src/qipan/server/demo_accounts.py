"""The demo's sign-ins: shown on the sign-in page and printed when the demo is ready; plainly roles."""

from __future__ import annotations

from django.conf import settings

from qipan.kernel.text import Both

PASSWORD = "qipan-demo"
ACCOUNTS = (
    ("duty", Both("值班长：核定需求、拟定调拨", "duty officer: approves needs, plans batches")),
    ("approver", Both("审批人：批准、下达批次", "approver: approves and issues batches")),
    ("keeper", Both("储备管理员：装车、出库、盘点", "reserve keeper: loads, departs, counts")),
    ("driver", Both("驾驶员：报到达", "driver: reports arrival")),
    ("receiver", Both("医院库管员（金银潭）：签收", "hospital storekeeper (Jinyintan): signs receipts")),
    ("maker", Both("企业填报员：日报", "firm's reporter: daily report")),
    ("commissioner", Both("驻企特派员：清点数", "resident commissioner: what was counted")),
    ("hubei", Both("湖北省调度员", "Hubei officer")),
    ("press", Both("发言人：只读", "spokesperson: reads")),
    ("audit", Both("审计员：只读", "auditor: reads")),
    ("admin", Both("管理员：任命岗位", "administrator: gives posts")),
)


def shown() -> list[tuple[str, Both]]:
    """The sign-ins to show; none outside a demo."""
    return list(ACCOUNTS) if settings.IS_DEMO else []
