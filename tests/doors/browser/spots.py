"""Every page a reader can come to, by address: full, filtered, past, empty, refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.doors.browser.desk import Desk

LONG_AGO = "as_of=2020-01-02T24:00"
NOBODY = "q=zzzzzz"


@dataclass(frozen=True)
class Spot:
    """A page: its address, who looks, its status; ``sends`` are the fields of a form sent to it first.

    ``is_forged`` leaves the form's token out; ``is_empty`` says that an empty state must be in sight.
    """

    name: str
    path: str
    status: int = 200
    person: str = "duty"
    sends: dict[str, str] = field(default_factory=dict)
    is_forged: bool = False
    is_empty: bool = False

    def address(self, desk: Desk) -> str:
        return self.path.format_map(vars(desk))


def _empty(name: str, path: str, **more: object) -> Spot:
    return Spot(name, path, is_empty=True, **more)  # type: ignore[arg-type]


SPOTS = (
    Spot("room", "/"),
    Spot("room-of-goggles", "/?item=GOG&as_of=2020-01-29T24:00"),
    _empty("room-empty", f"/?{LONG_AGO}"),
    Spot("production", "/production"),
    Spot("production-of-suits", "/production?item=SUIT-GB&as_of=2020-02-07T24:00"),
    _empty("production-empty", f"/production?{LONG_AGO}"),
    Spot("reporters", "/production/reporters"),
    _empty("reporters-none-late", "/production/reporters?standing=late&as_of=2020-01-23T01:00"),
    Spot("line", "/production/lines/{line}?history=2020-02-07"),
    Spot("line-for-a-reader", "/production/lines/{line}", person="press"),
    Spot("report", "/production/lines/{line}/report", person="maker"),
    Spot("report-of-a-commissioner", "/production/lines/{line}/report", person="commissioner"),
    Spot("report-refused", "/production/lines/{line}/report", 422, person="maker", sends={"output": "many"}),
    Spot("commissioners", "/production/commissioners"),
    Spot("commissioners-for-a-reader", "/production/commissioners", person="press"),
    _empty("commissioners-empty", f"/production/commissioners?{LONG_AGO}"),
    Spot("commissioners-refused", "/production/commissioners", 422, sends={"act": "send", "unit": ""}),
    Spot("commissioners-log", "/production/commissioners/{maker}/log", person="commissioner"),
    Spot("log-of-nothing", "/production/commissioners/{maker}/log", 422, person="commissioner", sends={"quality": ""}),
    Spot("tickets", "/production/tickets"),
    _empty("tickets-resolved", "/production/tickets?state=resolved"),
    Spot("tickets-refused", "/production/tickets", 422, sends={"title": ""}),
    Spot("ticket", "/production/tickets/{ticket}"),
    Spot("ticket-refused", "/production/tickets/{ticket}", 422, sends={"text": ""}),
    Spot("figure-commissioners", "/figures/production.commissioners"),
    Spot("figure-bottlenecks", "/figures/production.bottlenecks"),
    Spot("register-line", "/production/lines/new"),
    Spot("register-line-refused", "/production/lines/new", 422, sends={"capacity": "many"}),
    Spot("import-reports", "/production/import"),
    Spot("figure-output", "/figures/production.daily_output"),
    Spot("gaps", "/needs"),
    Spot("gaps-by-unit", "/needs?level=unit&place=420100"),
    Spot("gaps-by-province", "/needs?level=province&item=SUIT-GB&as_of=2020-02-06T24:00"),
    _empty("gaps-empty", f"/needs?{LONG_AGO}"),
    Spot("gaps-of-a-province", "/needs", person="hubei"),
    Spot("room-of-a-province", "/", person="hubei"),
    Spot("needs-of-unit", "/needs/units/{hospital}?history=N95口罩"),
    Spot("needs-of-unit-for-a-reader", "/needs/units/{hospital}", person="press"),
    _empty("needs-of-silent-unit", "/needs/units/{silent_unit}"),
    Spot("needs-of-unit-refused", "/needs/units/{hospital}", 422, sends={"act": "approve", "quantity": "many"}),
    Spot("unread", "/needs/unread"),
    _empty("unread-settled", "/needs/unread?settled=1"),
    Spot("import", "/needs/import"),
    Spot("emergencies", "/emergencies"),
    Spot("emergencies-for-a-reader", "/emergencies", person="press"),
    _empty("emergencies-empty", f"/emergencies?{LONG_AGO}"),
    Spot("emergencies-refused", "/emergencies", 422, sends={"act": "declare", "title_zh": "一级响应"}),
    Spot("security", "/account"),
    Spot("security-again", "/account/again", person="driver"),
    Spot("security-refused", "/account/again", sends={"password": "no"}),
    Spot("security-with-steps", "/account", person="audit"),
    Spot("password", "/account/password", person="audit"),
    Spot("password-refused", "/account/password", person="audit", sends={"password1": "password1234"}),
    Spot("password-set", "/account/password/set", person="replay"),
    Spot("app", "/account/app", person="press"),
    Spot("app-remove", "/account/app/remove", person="audit"),
    Spot("codes", "/account/codes", person="audit"),
    Spot("codes-new", "/account/codes/new", person="audit"),
    Spot("key-add", "/account/keys/add", person="press"),
    Spot("key-edit", "/account/keys/{key}/edit", person="press"),
    Spot("key-remove", "/account/keys/{key}/remove", person="press"),
    Spot("links", "/account/links", person="press"),
    Spot("sessions", "/account/sessions", person="audit"),
    Spot("again-by-code", "/account/again/code", person="audit"),
    Spot("sign-in-inactive", "/sign-in/inactive", person=""),
    Spot("sign-in-cancelled", "/sign-in/cancelled", person=""),
    Spot("sign-in-failed", "/sign-in/failed", 401, person=""),
    Spot("posts", "/people", person="admin"),
    Spot("posts-for-a-reader", "/people", person="press"),
    _empty("posts-empty", "/people?text=zzzzzz"),
    Spot("posts-refused", "/people", 422, person="admin", sends={"username": "nobody", "region": "x"}),
    Spot("person", "/people/{person}", person="admin"),
    Spot("stock", "/stock"),
    Spot("stock-on-roads", "/stock?kind=road"),
    Spot("stock-of-unit", "/stock?unit={hospital}"),
    _empty("stock-empty", f"/stock?{LONG_AGO}"),
    _empty("corrections", "/stock/corrections"),
    Spot("open-store", "/stock/open"),
    Spot("open-store-for-a-reader", "/stock/open", person="press"),
    Spot("open-store-refused", "/stock/open", 422, sends={"name_zh": "新库", "holder": "nobody"}),
    Spot("account-of-plant", "/stock/{store}", person="keeper"),
    Spot("account-reversal", "/stock/{store}?reverse={movement}", person="keeper"),
    Spot("account-count-refused", "/stock/{store}", 422, person="keeper", sends={"act": "count", "counted": "few"}),
    Spot("account-of-road", "/stock/{road}"),
    Spot("account-outside", "/stock/{outside}"),
    _empty("account-empty", f"/stock/{{store}}?{LONG_AGO}"),
    Spot("batches", "/batches"),
    _empty("batches-empty", "/batches?state=voided"),
    Spot("policies", "/policies"),
    Spot("policies-for-a-reader", "/policies", person="press"),
    Spot("policies-refused", "/policies", 422, sends={"name_zh": "新政策"}),
    Spot("plan", "/batches/plan"),
    Spot("plan-for-a-reader", "/batches/plan", person="press"),
    Spot("plan-refused", "/batches/plan", 422, sends={"title_zh": "防护物资", "deadline": "soon"}),
    Spot("batch", "/batches/1"),
    Spot("batch-explained", "/batches/1?open=0&item=GOG"),
    Spot("what-if", "/batches/1/what-if?kind=stock&source=0&quantity=9000"),
    Spot("batch-planned", "/batches/{planned}", person="approver"),
    Spot("batch-issued", "/batches/{issued}"),
    _empty("batch-no-line", "/batches/1?text=zzzzzz"),
    Spot("load", "/batches/{issued}/load", person="keeper"),
    Spot("load-for-a-reader", "/batches/{issued}/load", person="press"),
    Spot("load-refused", "/batches/{issued}/load", 422, person="keeper", sends={"vehicle": "鄂A·1"}),
    _empty("load-nothing-left", "/batches/1/load", person="keeper"),
    Spot("loads", "/shipments"),
    Spot("loads-short", "/shipments?state=short"),
    _empty("loads-empty", f"/shipments?{LONG_AGO}"),
    Spot("shipment-loaded", "/shipments/{loads[loaded]}", person="keeper"),
    Spot("shipment-on-the-road", "/shipments/{loads[on_road]}", person="driver"),
    Spot("shipment-to-sign", "/shipments/{loads[arrived]}", person="receiver"),
    Spot("shipment-short", "/shipments/{loads[short]}"),
    Spot("shipment-received", "/shipments/{loads[received]}?as_of=2020-02-12T24:00"),
    Spot("catalogue", "/catalogue"),
    Spot("catalogue-past", "/catalogue?text=mask&as_of=2020-01-24T24:00"),
    _empty("catalogue-empty", "/catalogue?text=zzzzzz"),
    Spot("material", "/catalogue/SUIT-GB"),
    Spot("units", "/units"),
    _empty("units-empty", "/units?text=zzzzzz"),
    Spot("unit", "/units/{hospital}"),
    _empty("unit-without-posts", "/units/{silent_unit}"),
    Spot("key-list", "/units/key-list"),
    _empty("key-list-empty", f"/units/key-list?{LONG_AGO}"),
    Spot("regions", "/regions"),
    Spot("regions-of-hubei", "/regions?parent=420000"),
    _empty("regions-empty", "/regions?text=qqqqqq"),
    Spot("register-unit", "/units/register"),
    Spot("register-refused", "/units/register", 422, sends={"name_zh": "某院", "region": "999999"}),
    Spot("voices", "/needs/voices?place=420100"),
    Spot("voices-refused", "/needs/voices", 422, sends={"voice": "scenario", "quantity": "many"}),
    _empty("voices-empty", f"/needs/voices?{LONG_AGO}"),
    Spot("cases", "/needs/cases"),
    _empty("cases-empty", f"/needs/cases?{LONG_AGO}"),
    Spot("published", "/figures/published"),
    _empty("published-empty", f"/figures/published?{LONG_AGO}"),
    Spot("figures", "/figures"),
    Spot("figure-gap", "/figures/demand.gap?place=420000"),
    Spot("figure-shipped", "/figures/transport.shipped_and_arrived?place=420000&item=SUIT-GB"),
    Spot(
        "figure-two-instants",
        "/figures/transport.shipped_and_arrived?as_of=2020-01-29T24:00&known_at=2020-01-29T19:00",
    ),
    Spot("figure-batches", "/figures/allocation.batches"),
    _empty("figure-empty", f"/figures/demand.gap?{LONG_AGO}"),
    Spot("log", "/log"),
    Spot("log-refused", "/log", 422, sends={"key": "x"}),
    Spot("search", "/search?q=jyt"),
    Spot("search-number", "/search?q=1"),
    _empty("search-nothing", f"/search?{NOBODY}"),
    _empty("search-no-words", "/search"),
    Spot("api-docs", "/api/v1/docs"),
    Spot("sign-in", "/sign-in", person=""),
    Spot("sign-in-refused", "/sign-in", 403, person="", sends={"login": "duty", "password": "wrong"}),
    Spot("second-step", "/sign-in", person="", sends={"login": "audit", "password": "qipan-demo"}),
    Spot("404", "/nowhere", 404),
    Spot("no-such-batch", "/batches/999", 404),
    Spot("no-such-instant", "/?as_of=yesterday", 422),
    Spot("403", "/stock/{store}", 403, person="press", sends={"act": "count", "counted": "1"}),
    Spot("stale-form", "/needs/units/{hospital}", 403, sends={"act": "approve"}, is_forged=True),
)
WALLS = (
    Spot("wall", "/wall"),
    Spot("wall-of-the-room", "/?wall=1&item=MASK-MED-N95"),
    _empty("wall-empty", f"/wall?{LONG_AGO}"),
)
NOT_PAGES = {
    "health", "ready", "sign_out", "set_language", "figure_file",
    "log_checkpoint", "log_kept", "log_proof", "organisations:put_on_key_list",
    "catalogue:control", "catalogue:classify", "transport:photo",
    "account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn", "mfa_list_webauthn",
    "mfa_download_recovery_codes", "mfa_reauthenticate_webauthn", "openid_connect_login", "openid_connect_callback",
}  # fmt: skip
"""Names of addresses that show no page of their own, or the one of another name, or need a key in the browser
(``test_sign_in.py``); workbooks, templates and the API's answers are none either."""
