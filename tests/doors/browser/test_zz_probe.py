import time, pytest
from playwright.sync_api import Page
pytestmark = pytest.mark.browser
def test_probe(desk, _at_desk, visit):
    print(desk)
    page = visit("duty")
    for p in ["/", "/batches/1", "/figures/demand.gap", "/needs"]:
        t=time.time(); r=page.goto(p, wait_until="load"); print(p, r.status, page.title(), round(time.time()-t,2))
    t=time.time(); page.screenshot(path="/tmp/dev/x.png"); print(time.time()-t)
