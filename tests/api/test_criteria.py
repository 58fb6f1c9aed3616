"""Criteria: what the server selects by SQL, against a plain evaluator in Python that shares nothing with it."""
import datetime
import os
import random

import pytest

from server import own_fixtures

SEED = int(os.environ.get("CRMOCK_SEED", "20210303"))
RECORDS = 60
FIELDS = {
    "Word": ("text", ["alpha", "Beta", "beta", "GAMMA", "a_b%c", "it's", "été", "ÉTÉ", "", "zz top", '"q"', "\\"]),
    "Kind": ("picklist", ["One", "Two", "Three"]),
    "Tags": ("multiselectpicklist", ["red", "green", "blue"]),
    "Yes": ("boolean", [True, False]),
    "Count": ("integer", [-5, 0, 1, 7, 100]),
    "Large": ("bigint", ["9007199254740993", "9007199254740992", "-3", "12"]),
    "Price": ("currency", [-1.5, 0, 0.1, 0.25, 99.99, 100]),
    "Day": ("date", ["1999-12-31", "2020-02-29", "2021-03-03", "2024-01-01"]),
    "Moment": ("datetime", ["2021-03-03T12:00:00+05:30", "2021-03-03T06:30:00Z", "2021-03-03T06:30:01Z", "1999-01-01T00:00:00-11:00"]),
    "Parent": ("lookup", [{"id": "7", "name": "Seven"}, {"id": "8", "name": "Eight"}, {"id": "9223372036854775807", "name": "Max"}]),
}
ORDER = ["less_than", "less_equal", "greater_than", "greater_equal"]
TEXTUAL = ["contains", "not_contains", "starts_with", "ends_with"]
EQUAL = ["equal", "not_equal", "in", "not_in"]
BETWEEN = ["between", "not_between"]
COMPARATORS = {"text": EQUAL + ORDER + TEXTUAL + BETWEEN, "picklist": EQUAL + TEXTUAL, "multiselectpicklist": EQUAL + TEXTUAL[:2], "boolean": EQUAL,
               "integer": EQUAL + ORDER + BETWEEN, "bigint": EQUAL + ORDER + BETWEEN, "currency": EQUAL + ORDER + BETWEEN, "date": EQUAL + ORDER + BETWEEN,
               "datetime": EQUAL + ORDER + BETWEEN, "lookup": EQUAL}


# The evaluator.

def fold(text):
    """Letters' case does not count, among those of ASCII."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def comparable(kind, value):
    if kind in ("text", "picklist", "multiselectpicklist"):
        return fold(value).encode()
    if kind == "datetime":
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if kind == "date":
        return value.encode()
    if kind == "lookup":
        return int(value["id"] if isinstance(value, dict) else value)
    return int(value) if kind == "bigint" else value


def is_empty(value):
    return value in (None, "", "${EMPTY}", [])


def equals(kind, value, operand):
    if is_empty(operand):
        return is_empty(value)
    if kind == "multiselectpicklist":
        return any(comparable(kind, member) == comparable(kind, operand) for member in value or [])
    return value is not None and comparable(kind, value) == comparable(kind, operand)


def compares(kind, comparator, value, operands):
    if comparator.startswith("not_"):
        return not compares(kind, comparator.removeprefix("not_"), value, operands)
    if comparator in ("equal", "in") or (comparator == "contains" and kind == "multiselectpicklist"):
        return any(equals(kind, value, operand) for operand in operands)
    if value is None:
        return False
    left, right = comparable(kind, value), [comparable(kind, operand) for operand in operands]
    return {"less_than": lambda: left < right[0], "less_equal": lambda: left <= right[0], "greater_than": lambda: left > right[0],
            "greater_equal": lambda: left >= right[0], "between": lambda: right[0] <= left <= right[1],
            "contains": lambda: any(text in left for text in right), "starts_with": lambda: any(left.startswith(text) for text in right),
            "ends_with": lambda: any(left.endswith(text) for text in right)}[comparator]()


def selects(criteria, record):
    if isinstance(criteria, list):
        return all(selects(member, record) for member in criteria)
    if "group" in criteria:
        return (any if criteria["group_operator"].lower() == "or" else all)(selects(member, record) for member in criteria["group"])
    name, value = criteria["field"]["api_name"], criteria["value"]
    return compares(FIELDS[name][0], criteria["comparator"], record["fields"].get(name), value if isinstance(value, list) else [value])


# The generators.

def some_value(order, kind, values):
    if order.random() < .2:
        return None
    if kind == "multiselectpicklist":
        return order.sample(values, order.randrange(len(values) + 1))
    return order.choice(values)


def some_operand(order, kind, values, comparator):
    if comparator in EQUAL and order.random() < .1:
        return order.choice([None, "${EMPTY}", ""])
    value = order.choice([value for value in values if not is_empty(value)])
    if kind == "lookup" and order.random() < .5:
        return value["id"]
    if kind in ("text", "picklist") and comparator in TEXTUAL:
        cut = order.randrange(len(value))
        return value[cut:cut + order.randrange(1, 4)]
    return value.swapcase() if kind == "text" and value.isascii() and order.random() < .3 else value


def some_criteria(order, depth):
    if depth > 0 and order.random() < .5:
        return {"group_operator": order.choice(["and", "or", "AND", "OR"]), "group": [some_criteria(order, depth - 1) for _ in range(order.randrange(1, 4))]}
    name = order.choice(list(FIELDS))
    kind, values = FIELDS[name]
    comparator = order.choice(COMPARATORS[kind])
    many = 2 if comparator in BETWEEN else 1 if comparator in ORDER else order.randrange(1, 4)
    operands = [some_operand(order, kind, values, comparator) for _ in range(many)]
    return {"field": {"api_name": name}, "comparator": comparator, "value": operands if many > 1 or order.random() < .2 else operands[0]}


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A server with records of every type's values, and those records."""
    from server import Server
    order = random.Random(SEED)
    records = [{"module": "Things", "id": str(1000 + n), "fields": {name: value for name, (kind, values) in FIELDS.items()
                                                                      if (value := some_value(order, kind, values)) is not None or order.random() < .5}}
               for n in range(RECORDS)]
    fields = [{"api_name": name, "type": kind} | ({"values": values} if "picklist" in kind else {}) | ({"lookup": "Accounts"} if kind == "lookup" else {}) | ({"decimals": 2} if kind == "currency" else {})
              for name, (kind, values) in FIELDS.items()]
    folder = tmp_path_factory.mktemp("things")
    fixtures = own_fixtures(folder, {
        "modules": [{"api_name": "Things", "custom": True, "fields": fields + [{"api_name": "Result", "type": "text"}]}],
        "views": [{"id": "500", "module": "Things", "name": "All"}], "records": records})
    server = Server("--fixtures", fixtures, "--log-level", "error", db=folder / "store.db")
    yield server, records
    server.stop()


def selected(server, criteria):
    """The ids that the server selects."""
    answer = server.update("Things", {"data": [{"Result": "x"}], "cvid": "500", "criteria": criteria})
    if answer.body.get("code") == "NO_RECORDS_FOUND":
        return []
    assert answer.status == 200, (criteria, answer)
    job = answer.body["data"][0]["details"]["job_id"]
    server.ended("Things", job)
    return [str(id) for id, in server.query("SELECT record_id FROM job_record WHERE job_id = ? ORDER BY record_id", int(job))]


def test_every_comparator_on_every_type(things):
    server, records = things
    order = random.Random(SEED)
    for name, (kind, values) in FIELDS.items():
        for comparator in COMPARATORS[kind]:
            for _ in range(3):
                many = 2 if comparator in BETWEEN else 1
                operands = [some_operand(order, kind, values, comparator) for _ in range(many)]
                criteria = {"field": {"api_name": name}, "comparator": comparator, "value": operands if many > 1 else operands[0]}
                assert selected(server, criteria) == [record["id"] for record in records if selects(criteria, record)], (SEED, criteria)


def test_nested_groups(things):
    server, records = things
    order = random.Random(SEED + 1)
    found = 0
    for _ in range(300):
        criteria = some_criteria(order, 3)
        criteria = [criteria] if order.random() < .2 else criteria
        expected = [record["id"] for record in records if selects(criteria, record)]
        assert selected(server, criteria) == expected, (SEED, criteria)
        found += 0 < len(expected) < RECORDS
    assert found > 100  # the cases tell records apart


@pytest.mark.parametrize("criteria, path", [
    ({"field": {"api_name": "Count"}, "comparator": "equal", "value": "many"}, "$.criteria.value"),
    ({"field": {"api_name": "Word"}, "comparator": "contains", "value": ""}, "$.criteria.value"),
    ({"field": {"api_name": "Word"}, "comparator": "equal", "value": 5}, "$.criteria.value"),
    ({"field": {"api_name": "Day"}, "comparator": "less_than", "value": "yesterday"}, "$.criteria.value"),
    ({"field": {"api_name": "Parent"}, "comparator": "starts_with", "value": "7"}, "$.criteria.comparator"),
    ({"field": {"api_name": "Nope"}, "comparator": "equal", "value": "7"}, "$.criteria.field.api_name"),
    ([{"group_operator": "and", "group": [{"field": {"api_name": "Yes"}, "comparator": "equal", "value": "true"}]}], "$.criteria[0].group[0].value"),
    ({"group_operator": "nor", "group": [{}]}, "$.criteria.group_operator")])
def test_E32_criteria_that_do_not_fit(things, criteria, path):
    server, _ = things
    answer = server.update("Things", {"data": [{"Result": "x"}], "cvid": "500", "criteria": criteria})
    assert (answer.status, answer.body["message"], answer.body["details"]["json_path"]) == (400, "invalid data", path)


@pytest.mark.parametrize("name, expected", [
    ("Word", "text"), ("Kind", "text"), ("Tags", "text"), ("Yes", "boolean"), ("Count", "integer"), ("Large", "bigint"), ("Price", "double"), ("Day", "date"), ("Moment", "datetime"),
    ("Parent", "bigint")])
def test_what_a_comparison_expects_is_told(things, name, expected):
    server, _ = things
    for value in ([] if name == "Yes" else [True]) + [[{"no": "id"}]]:
        answer = server.update("Things", {"data": [{"Result": "x"}], "cvid": "500", "criteria": {"field": {"api_name": name}, "comparator": "in", "value": value}})
        assert (answer.status, answer.body["details"]["expected_data_type"]) == (400, expected)


@pytest.mark.parametrize("criteria, count", [
    ({"field": {"api_name": "Owner"}, "comparator": "equal", "value": "554023000000235031"}, 2),
    ({"field": {"api_name": "Owner"}, "comparator": "equal", "value": {"id": "554023000000235031"}}, 2),
    ({"field": {"api_name": "id"}, "comparator": "between", "value": ["554023000000600021", "554023000000600022"]}, 2),
    ({"field": {"api_name": "Modified_Time"}, "comparator": "less_than", "value": "2021-02-26T13:43:57Z"}, 2)])
def test_system_fields(fresh, criteria, count):
    body = {"data": [{"City": "x"}], "cvid": "554023000000091507", "criteria": criteria}
    assert fresh.ended("Leads", fresh.schedule("Leads", body))["Total_Count"] == count


def test_quotes_in_criteria_are_text(fresh):
    for text in ("'); DROP TABLE record; --", "\"", "%", "_", "\\", "$.x"):
        answer = fresh.update("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501", "criteria": {"field": {"api_name": "Last_Name"}, "comparator": "contains", "value": text}})
        assert answer.body["code"] == "NO_RECORDS_FOUND"
    assert fresh.query("SELECT count(*) FROM record")[0][0] > 50000
