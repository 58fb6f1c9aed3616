"""Records: lists, single ones, counts."""
import urllib.parse

import pytest

import schema
from gallery import VERSIONS

LEAD = "554023000000600001"
needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")


def get(server, path, version="v8", **keywords):
    return server.request("GET", f"/crm/{version}/{path}", **keywords)


def ids(answer):
    return [record["id"] for record in answer.body["data"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_one_record_in_every_version(shared, version):
    [record] = get(shared, f"Leads/{LEAD}", version).body["data"]
    assert (record["id"], record["Last_Name"], record["Languages_Known"], record["Salutation"]) == (LEAD, "Nikolaidis", ["English", "German"], None)
    assert record["Owner"] == {"name": "Patricia Boyle", "id": "554023000000235011", "email": "patricia.boyle@zylker.example"}
    assert record["Created_Time"] == "2021-02-26T19:13:56+05:30" and record["$approved"] and not record["$locked_for_me"]


def test_values_come_back_as_they_were_updated(fresh):
    fresh.update("Projects", b'{"data":[{"Effort":1.10}],"ids":["554023000000640001"]}')
    [record] = get(fresh, "Projects/554023000000640001").body["data"]
    assert (record["Effort"], record["Reference"], record["Billable"], record["Client"]["name"]) == (1.1, "123456789012345678", True, "Zylker Schools")
    assert record["Modified_Time"] > record["Created_Time"]


@pytest.mark.parametrize("number, key, value", [(11, "$approved", True), (12, "$approved", False), (12, "$approval_state", "approval_process_pending"), (14, "$in_merge", True),
                                                (13, "$in_merge", False), (15, "$locked_for_me", True), (15, "$editable", False), (11, "$stop_processing", True), (16, "$review_process", {"approve": False, "reject": False, "resubmit": True}), (15, "$sharing_permission", "full_access"), (18, "$converted", True), (19, "$process_flow", True)])
def test_state_is_told(shared, number, key, value):
    [record] = get(shared, f"Leads/5540230000006000{number}").body["data"]
    assert record[key] == value


def test_states_in_a_list(shared):
    [record] = get(shared, "Leads?fields=Last_Name,$locked_for_me,$approval_state,Tag&ids=554023000000600015").body["data"]
    assert record == {"id": "554023000000600015", "Last_Name": "Locked", "$locked_for_me": True, "$approval_state": "approved", "Tag": []}


def test_states_for_a_user(shared):
    [record] = get(shared, "Accounts/554023000000620001", token="1000.crmock.standard").body["data"]
    sharing = shared.query("SELECT sharing FROM module WHERE api_name = 'Accounts' AND org_id = 554023000000000011")[0][0]
    assert (record["$editable"], record["$sharing_permission"]) == ((True, "full_access") if sharing == "public_read_write" else (False, "read_only"))
    [own] = get(shared, "Leads/554023000000600021", token="1000.crmock.standard").body["data"]
    assert own["$editable"] and own["$layout_id"]["name"] == own["Layout"]["name"] == "Standard"
    names = get(shared, "settings/modules/Leads").body["modules"][0]["$properties"]
    assert set(names) == {name for name in own if name.startswith("$")}


def test_what_a_user_does_not_see(shared):
    assert get(shared, f"Leads/{LEAD}", token="1000.crmock.standard").status == 204       # another's, in a private module
    [own] = get(shared, "Leads/554023000000600021", token="1000.crmock.standard").body["data"]
    assert "Skype_ID" not in own and "City" in own                                        # hidden from the profile
    mine = get(shared, "Leads?fields=Last_Name", token="1000.crmock.standard")
    assert ids(mine) == ["554023000000600023", "554023000000600022", "554023000000600021"]  # own, and one that is shared
    below = get(shared, "Leads?fields=Last_Name", token="1000.crmock.manager")
    assert ids(below) == ["554023000000600022", "554023000000600021"]
    assert get(shared, "Leads/actions/count", token="1000.crmock.standard").body == {"count": 3}
    assert get(shared, "Deals/554023000000497007", token="1000.crmock.standard").status == 200
    assert get(shared, f"Leads/{LEAD}", token="1000.crmock.unreading").status == 403
    assert get(shared, f"Leads/{LEAD}", token="1000.crmock.leads").status == 401            # no scope for it
    assert get(shared, "Accounts/554023000000620001", token="1000.crmock.free").status == 204


def test_records_of_other_modules_and_of_none(shared):
    assert get(shared, f"Accounts/{LEAD}").status == get(shared, "Leads/1").status == 204
    assert get(shared, "Leads/x").body["details"] == {"id": "x"}
    assert get(shared, "Activities/554023000000630101", "v7").body["data"][0]["Subject"] == "Task 1"
    assert get(shared, "Activities/554023000000630101").body["code"] == "INVALID_MODULE"


def test_pages(shared):
    pages = [get(shared, f"Leads?fields=Last_Name&cvid=554023000000091501&per_page=20&page={page}").body for page in (1, 2, 3)]
    assert [page["info"]["count"] for page in pages] == [20, 20, 10]
    assert [page["info"]["more_records"] for page in pages] == [True, True, False]
    every = [record["id"] for page in pages for record in page["data"]]
    assert len(set(every)) == 50 and every == sorted(every, reverse=True)
    by_token = get(shared, f"Leads?fields=Last_Name&cvid=554023000000091501&per_page=20&page_token={pages[0]['info']['next_page_token']}").body
    assert by_token["data"] == pages[1]["data"]
    assert get(shared, "Leads?fields=Last_Name&cvid=554023000000091501&page=4").status == 204


LIST = "Leads?fields=Last_Name&per_page=200"


def test_page_tokens(shared):
    """They go on beyond the 2,000 records that page numbers reach, there and back."""
    answer = get(shared, f"{LIST}&page=10").body
    assert answer["info"]["more_records"] and len(answer["info"]["page_token_expiry"]) == 25
    beyond = get(shared, f"{LIST}&page=11")
    assert (beyond.status, beyond.body) == (400, {"code": "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "details": {"limit": 2000},
                                                  "message": "You can only get the first 2000 records without using page_token param.", "status": "error"})
    next = get(shared, f"{LIST}&page_token={answer['info']['next_page_token']}").body
    assert (next["info"]["page"], next["info"]["count"]) == (11, 200) and not {record["id"] for record in next["data"]} & {record["id"] for record in answer["data"]}
    back = get(shared, f"{LIST}&page_token={next['info']['previous_page_token']}").body
    assert back["data"] == answer["data"]
    first = get(shared, LIST).body["info"]
    assert first["previous_page_token"] is None and first["next_page_token"].replace("-", "").replace("_", "").isalnum()
    short = get(shared, "Leads?fields=Last_Name&cvid=554023000000091503").body["info"]
    assert (short["next_page_token"], short["previous_page_token"], short["page_token_expiry"]) == (None, None, None)


def test_page_tokens_are_good_for_a_day(start, tmp_path):
    first = start("--now", "2021-03-03T12:00:00Z", db=tmp_path / "store.db")
    info = get(first, LIST).body["info"]
    assert info["page_token_expiry"] == "2021-03-04T17:30:00+05:30"  # the org's zone
    first.stop()
    for now, code in (("2021-03-04T11:59:59Z", None), ("2021-03-04T12:00:00Z", "EXPIRED_VALUE")):
        later = start("--now", now, db=tmp_path / "store.db")
        assert get(later, f"{LIST}&page_token={info['next_page_token']}").body.get("code") == code
        later.stop()


def test_page_tokens_are_bound_to_their_request(shared):
    token = get(shared, LIST).body["info"]["next_page_token"]
    other = "A" if token[10] != "A" else "B"
    for query, who in [(f"{LIST}&page_token=x", None), (f"{LIST}&page_token={token[:10]}{other}{token[11:]}", None), (f"{LIST}&page_token={token[:-1]}", None), (f"{LIST}&page_token=", "good"),
                       (f"Leads?fields=City&per_page=200&page_token={token}", None), (f"Leads?fields=Last_Name&per_page=100&page_token={token}", None), (f"{LIST}&sort_order=asc&page_token={token}", None),
                       (f"Contacts?fields=Last_Name&per_page=200&page_token={token}", None), (f"{LIST}&page_token={token}", "1000.crmock.standard")]:
        answer = get(shared, query, token=who if who and who != "good" else "1000.crmock.admin")
        if who == "good":
            assert answer.status == 200
            continue
        assert (answer.status, answer.body["code"], answer.body["details"]) == (400, "TOKEN_BOUND_DATA_MISMATCH", {"param_name": "page_token"}), query


def test_parameters_that_do_not_go_together(shared):
    token = get(shared, LIST).body["info"]["next_page_token"]
    for query, names in [(f"{LIST}&page=2&page_token={token}", ("page", "page_token")), (f"{LIST}&cvid=554023000000091501&sort_by=City", ("cvid", "sort_by"))]:
        answer = get(shared, query)
        assert (answer.status, answer.body) == (400, {"code": "AMBIGUITY_DURING_PROCESSING", "details": {"ambiguity_due_to": [{"param_name": name} for name in names]},
                                                      "message": "Ambiguity while processing", "status": "error"})


def test_pages_before_tokens(shared):
    info = get(shared, "Leads?per_page=200&page=11&cvid=554023000000050000&sort_by=City", "v2.1").body["info"]
    assert (info["page"], info["count"], info["more_records"]) == (11, 200, True) and "next_page_token" not in info


def test_order_and_fields(shared):
    answer = get(shared, "Leads?fields=Last_Name,Owner&cvid=554023000000091503&sort_by=Last_Name&sort_order=asc", "v2.1").body
    names = [record["Last_Name"] for record in answer["data"]]
    assert names == sorted(names, key=str.lower) and len(names) == 9
    assert all(record.keys() == {"id", "Last_Name", "Owner"} for record in answer["data"])
    by_name = get(shared, "Contacts?fields=Last_Name&sort_by=Last_Name&sort_order=asc").body["data"]
    assert [record["Last_Name"] for record in by_name] == sorted((record["Last_Name"] for record in by_name), key=str.lower)
    assert get(shared, "Leads?cvid=554023000000091503", "v2").body["data"][0].keys() >= {"City", "$approved"}  # no fields needed


def test_views_territories_and_ids(shared):
    assert get(shared, "Leads?fields=City&cvid=554023000000000404").status == 204
    assert set(ids(get(shared, "Accounts?fields=Phone&territory_id=554023000000430409"))) == {"554023000000620001", "554023000000620002", "554023000000620004"}
    assert len(ids(get(shared, "Accounts?fields=Phone&territory_id=554023000000430409&include_child=true&cvid=554023000000091515"))) == 3
    assert ids(get(shared, f"Leads?fields=City&ids={LEAD},1,554023000000600002&sort_order=asc")) == [LEAD, "554023000000600002"]
    assert get(shared, "Leads/actions/count").body["count"] == 50066 and get(shared, "Leads/actions/count?cvid=554023000000091501").body == {"count": 50}


@pytest.mark.parametrize("query, code, name", [
    ("", "REQUIRED_PARAM_MISSING", "fields"), ("fields=City&per_page=201", "INVALID_DATA", "per_page"), ("fields=City&per_page=0", "INVALID_DATA", "per_page"), ("fields=City&page=x", "INVALID_DATA", "page"),
    ("fields=City&sort_by=Nope", "INVALID_DATA", "sort_by"), ("fields=City&sort_order=up", "INVALID_DATA", "sort_order"), ("fields=City&ids=1,x", "INVALID_DATA", "ids"),
    ("fields=City&ids=" + "1," * 100 + "1", "INVALID_DATA", "ids"), ("fields=City&cvid=1", "INVALID_DATA", "cvid"), ("fields=City&cvid=554023000000091515", "INVALID_DATA", "cvid"),
    ("fields=City&territory_id=1", "INVALID_DATA", "territory_id")])
def test_parameters_that_are_wrong(shared, query, code, name):
    answer = get(shared, f"Leads?{query}")
    assert (answer.status, answer.body["code"], answer.body["details"]) == (400, code, {"param_name": name})


def test_a_view_that_is_not_shared(shared):
    answer = get(shared, "Leads?fields=City&cvid=554023000000091505", token="1000.crmock.standard")
    assert (answer.status, answer.body["code"]) == (403, "NO_PERMISSION")


def found(server, query, module="Leads", **keywords):
    answer = server.request("GET", f"/crm/v8/{module}/search?{urllib.parse.urlencode(query)}", **keywords)
    assert answer.status in (200, 204), answer
    return [] if answer.status == 204 else [record["Last_Name"] for record in answer.body["data"]]


@pytest.mark.parametrize("query, names", [
    ({"email": "eleni@meraki.example"}, ["Nikolaidis"]), ({"email": "ELENI@meraki.example"}, ["Nikolaidis"]), ({"email": "nobody@x.example"}, []), ({"phone": "+30 21 0555 0101"}, ["Nikolaidis"]),
    ({"word": "meraki"}, ["Nikolaidis"]), ({"criteria": "(Last_Name:equals:Quist)"}, ["Quist"]), ({"criteria": "(Last_Name:starts_with:ni)"}, ["Nikolaidis"]),
    ({"criteria": "((Last_Name:equals:Quist)or(Last_Name:equals:Nikolaidis))"}, ["Quist", "Nikolaidis"]), ({"criteria": "(Last_Name:in:Quist,Nikolaidis)and(Company:contains:Quist & Co)"}, ["Quist"]),
    ({"criteria": "((Last_Name:equals:Quist)and((Company:equals:x)or(Lead_Source:equals:Chat)))"}, ["Quist"]), ({"criteria": "(id:between:554023000000600001,554023000000600002)"}, ["Quist", "Nikolaidis"]),
    ({"criteria": "((Last_Name:equals:Quist) and (Company:starts_with:quist & c))"}, ["Quist"]),
    ({"criteria": "(((Last_Name:equals:Quist)  or (Last_Name:equals:Lindqvist) ) and (Lead_Source:equals:Cold Call))"}, ["Lindqvist"]), ({"criteria": "(Last_Name:equals: Quist)"}, []),
    ({"criteria": "(Company:equals:a\\(b\\)\\,c)"}, []), ({"criteria": "(Email_Opt_Out:equals:true)"}, []), ({"criteria": "(Last_Name:equals:Quist)", "email": "eleni@meraki.example"}, ["Quist"])])
def test_search(shared, query, names):
    assert found(shared, query) == names


def test_search_sees_what_the_user_sees_and_what_was_just_written(fresh):
    assert found(fresh, {"email": "eleni@meraki.example"}, token="1000.crmock.standard") == []
    assert found(fresh, {"criteria": "(Lead_Source:equals:Cold Call)"}, token="1000.crmock.standard") == ["Lindqvist", "Okafor"]
    fresh.update("Leads", {"data": [{"City": "a(b),c"}], "ids": [LEAD]})
    assert found(fresh, {"criteria": "(City:equals:a\\(b\\)\\,c)"}) == ["Nikolaidis"]
    pages = fresh.request("GET", "/crm/v8/Leads/search?word=web.example&per_page=30&page=2").body
    assert (pages["info"]["count"], pages["info"]["more_records"]) == (20, False)


@pytest.mark.parametrize("query, code, name", [
    ("", "REQUIRED_PARAM_MISSING", "criteria"), ("criteria=x", "INVALID_QUERY", "criteria"), ("criteria=(City:equals:x", "INVALID_QUERY", "criteria"), ("criteria=(City:like:x)", "INVALID_QUERY", "criteria"),
    ("criteria=(Nope:equals:x)", "INVALID_QUERY", "criteria"), ("criteria=(City:equals:x)%20(City:equals:y)", "INVALID_QUERY", "criteria"), ("criteria=(City:equals:x)%20and%20", "INVALID_QUERY", "criteria"),
    ("criteria=(City:equals:x)xor(City:equals:y)", "INVALID_QUERY", "criteria"), ("criteria=(City:equals:x))", "INVALID_QUERY", "criteria"),
    ("criteria=(No_of_Employees:equals:many)", "INVALID_QUERY", "criteria"), ("criteria=" + "(" * 3000, "INVALID_QUERY", "criteria"), ("word=x&per_page=0", "INVALID_DATA", "per_page")])
def test_searches_that_are_wrong(shared, query, code, name):
    answer = get(shared, f"Leads/search?{query}")
    assert (answer.status, answer.body["code"], answer.body["details"]) == (400, code, {"param_name": name})


def test_hidden_fields_are_not_searched(fresh):
    own = "554023000000600021"
    assert fresh.request("PUT", f"/crm/v8/Leads/{own}", {"data": [{"Skype_ID": "zanzibar"}]}).status == 200
    name = fresh.fields(own)["Last_Name"]
    standard = {"token": "1000.crmock.standard"}
    assert found(fresh, {"word": "zanzibar"}) == [name] and found(fresh, {"criteria": "(Skype_ID:equals:zanzibar)"}) == [name]
    assert found(fresh, {"word": "zanzibar"}, **standard) == []
    assert get(fresh, "Leads/search?criteria=(Skype_ID:equals:zanzibar)", **standard).body["code"] == "INVALID_QUERY"
    assert get(fresh, "Leads?fields=City&sort_by=Skype_ID", **standard).body["details"] == {"param_name": "sort_by"}


def test_counts_of_searches(shared):
    def count(query, **keywords):
        return get(shared, f"Leads/actions/count?{query}", **keywords).body
    assert count("email=eleni@meraki.example") == count("word=meraki") == count("criteria=(Last_Name:equals:Quist)") == count("phone=%2B30 21 0555 0101".replace(" ", "%20")) == {"count": 1}
    assert count("word=meraki", token="1000.crmock.standard") == {"count": 0}
    assert count("criteria=x")["code"] == "INVALID_QUERY"


def test_a_search_by_email_where_there_is_none(shared):
    assert get(shared, "Solutions/search?email=a@b.example").body["code"] == "INVALID_QUERY"


@needs_oas
@pytest.mark.parametrize("module, record", [("Leads", LEAD), ("Deals", "554023000000497007"), ("Projects", "554023000000640001"), ("Events", "554023000000630201")])
def test_records_against_the_services_own_schema(shared, module, record):
    assert schema.service_errors("record.json", "Record", get(shared, f"{module}/{record}").body["data"][0]) == []
    answer = get(shared, f"{module}?fields=Created_Time,Modified_By&per_page=1").body
    answer["info"] = {name: value for name, value in answer["info"].items() if value is not None}  # tokens, when there is one page
    assert schema.service_errors("record.json", "Info", answer["info"]) == [] and schema.service_errors("record.json", "Record", answer["data"][0]) == []
