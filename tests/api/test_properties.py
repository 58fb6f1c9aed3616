"""Whatever is sent, the answer is one of the catalogue (server.py holds each against the document), never a 500, and a
refused request changes nothing."""
import json
import sqlite3
import string
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATH = "/crm/v8/Leads/actions/mass_update"
LEAD = "554023000000600001"
# The same cases in every run, so that a fault is one that can be had again.
SETTINGS = settings(max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

scalars = (st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20) |
           st.sampled_from([LEAD, int(LEAD), "554023000000091501", "Chat", "Lead_Source", "City", "${EMPTY}", "", "9223372036854775807"]))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12)
names = st.sampled_from(["Lead_Source", "City", "Email", "Rating", "Languages_Known", "Last_Name", "No_of_Employees", "Follow_Up_Date", "Owner", "id", "nonsense"])
criteria = st.fixed_dictionaries({}, optional={"field": st.fixed_dictionaries({"api_name": names | values}) | values, "value": values, "group_operator": st.sampled_from(["and", "or"]) | values,
                                               "comparator": st.sampled_from(["equal", "between", "contains", "in"]) | values, "group": values})
likely_bodies = st.fixed_dictionaries({}, optional={
    "data": st.lists(st.dictionaries(names, values, max_size=2), max_size=2) | values, "ids": st.lists(st.sampled_from([LEAD, "1"]) | scalars, max_size=3) | values,
    "cvid": st.sampled_from(["554023000000091501", "554023000000000404"]) | scalars | values, "criteria": criteria | st.lists(criteria, max_size=2) | values,
    "territory": st.fixed_dictionaries({}, optional={"id": st.just("554023000000430409") | scalars, "include_child": values}) | values,
    "trigger": st.lists(st.sampled_from(["workflow", "x"]), max_size=2) | values, "over_write": st.booleans() | values, "extra": values})


class Watcher:
    """Tells whether the store has changed."""

    def __init__(self, server):
        self.db = sqlite3.connect(f"file:{server.db}?mode=ro", uri=True, check_same_thread=False)

    def version(self):
        return self.db.execute("PRAGMA data_version").fetchone()[0]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    from server import Server
    server = Server("--log-level", "error", db=tmp_path_factory.mktemp("watched") / "store.db")
    watcher = Watcher(server)
    yield server, watcher
    watcher.db.close()
    server.stop()


def check(watched, method, path, body, **keywords):
    server, watcher = watched
    while server.query("SELECT 1 FROM job WHERE status IN ('SCHEDULED', 'RUNNING')"):
        pass
    before = watcher.version()
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    answer = server.request(method, path, sent, **keywords)
    assert answer.status != 500, (method, path, body)
    if answer.status != 200:
        assert watcher.version() == before, (method, path, body, answer)
    return answer


def test_the_watcher_sees_a_change(watched):
    before = watched[1].version()
    assert check(watched, "POST", PATH, {"data": [{"City": "Volos"}], "ids": [LEAD]}).status == 200
    assert watched[1].version() != before


@SETTINGS
@given(values)
def test_any_json_as_body(watched, body):
    check(watched, "POST", PATH, body)


@SETTINGS
@given(likely_bodies)
def test_bodies_of_the_right_keys_and_any_values(watched, body):
    check(watched, "POST", PATH, body)


@SETTINGS
@given(st.lists(st.sampled_from("[{"), min_size=1, max_size=64), scalars, st.sampled_from(["data", "ids", "criteria", "territory", "x"]))
def test_any_depth_up_to_64(watched, brackets, scalar, key):
    for bracket in brackets:
        scalar = [scalar] if bracket == "[" else {"group": scalar}
    check(watched, "POST", PATH, {"data": [{"City": scalar if key == "x" else "x"}], "ids": [LEAD], key: scalar})


@SETTINGS
@given(st.binary(max_size=400) | st.text(alphabet='{}[]",:\\u0 data1.eE-+nulltruefals\n', max_size=200).map(str.encode))
def test_any_bytes_as_body(watched, body):
    check(watched, "POST", PATH, body)


@SETTINGS
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]), st.lists(st.sampled_from(["crm", "v8", "v2.1", "Leads", "actions", "mass_update", "healthz", "..", ""]) | st.text(max_size=8), max_size=7),
       st.dictionaries(st.sampled_from(["job_id", "x"]) | st.text(max_size=4), st.text(max_size=12), max_size=2))
def test_any_path(watched, method, parts, query):
    path = "/" + "/".join(urllib.parse.quote(part, safe="") for part in parts)
    if path.startswith("//"):
        path = "/." + path
    check(watched, method, path + (f"?{urllib.parse.urlencode(query)}" if query else ""), b"{}" if method != "GET" else None)


@SETTINGS
@given(st.text(alphabet=string.printable, max_size=30).map(lambda text: "".join(c for c in text if c not in "\r\n\x0b\x0c")))
def test_any_authorization(watched, text):
    answer = check(watched, "POST", PATH, {"data": [{"City": "x"}], "ids": ["1"]}, token=None, headers={"Authorization": text})
    assert answer.status == 401


@SETTINGS
@given(st.text(max_size=30))
def test_any_job_id(watched, text):
    answer = check(watched, "GET", f"{PATH}?job_id={urllib.parse.quote(text)}", None)
    assert answer.status in (404, 400)
