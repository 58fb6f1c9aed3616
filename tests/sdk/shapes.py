"""Every answer of metadata and records, member by member, against what an SDK says of them.

Each package of an SDK has a json_details.json, which gives the members of every object of the API version that it speaks, and
their types. `faults(...)` reads it, asks the server for everything that it tells of the default org in that version, and
returns what is of another type, and what the SDK's code reads without asking whether it is there.
"""
import collections
import datetime
import json
import pathlib
import re
import urllib.error
import urllib.request

Fault = collections.namedtuple("Fault", "answer member expected found")

# What is not as the SDKs of some versions have it, and is so on purpose: the member, wherever it is told, and why.
Known = collections.namedtuple("Known", "member versions reason")
KNOWN = [
    Known(r"modules\[\]\.generated_type", ("v2", "v5", "v6", "v7", "v8"), "the service says subform of a module of line items, which their lists leave out; it is read as any other text"),
    Known(r".*fields\[\]\.data_type", ("v5",), "this SDK lists the types that one org had; a type beside them is read as any other text"),
    Known(r".*fields\[\]\.length", ("v5",), "likewise the lengths of one org"),
    Known(r".*fields\[\]\.formula\.expression", ("v5",), "likewise the formulas of one org: one"),
]

# Members that the SDKs' code reads of a field of a type, or of a module, without asking; the versions from ... to.
EARLY, LATE, ALL = ("v2", "v2.1"), ("v3", "v4", "v5", "v6", "v7", "v8"), ("v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8")
READ_UNASKED = [
    ("field", ALL, "api_name"), ("field", ALL, "data_type"), ("field", LATE, "json_type"), ("field", ALL, "custom_field"),
    ("lookup", EARLY, "lookup.module"), ("lookup", LATE, "lookup.module.api_name"), ("lookup", LATE, "lookup.module.id"),
    ("subform", EARLY, "subform.module"), ("subform", LATE, "associated_module.module"), ("subform", LATE, "associated_module.id"),
    ("formula", ALL, "formula.return_type"), ("rollup_summary", LATE, "rollup_summary.return_type"),
    ("module", ALL, "api_name"), ("module", ALL, "generated_type"), ("module", ALL, "api_supported"),
]
# The module that a field of a type leads to, which is asked for its fields in turn.
LEADS_TO = [
    ("lookup", EARLY, "lookup.module"), ("lookup", LATE, "lookup.module.api_name"),
    ("subform", EARLY, "subform.module"), ("subform", LATE, "associated_module.module"),
    ("multiselectlookup", EARLY, "multiselectlookup.linking_module"),
    ("multiselectlookup", LATE[:-1], "multiselectlookup.linking_module.api_name"),
    ("multiselectlookup", LATE[-1:], "multiselectlookup.linking_details.module.api_name"),
]

# The type that the SDKs give a record's value, by the type of its field.
VALUES = {
    "text": "string", "textarea": "string", "website": "string", "email": "string", "phone": "string", "autonumber": "string", "profileimage": "string", "picklist": "string",
    "integer": "integer", "bigint": "long", "boolean": "boolean", "double": "double", "percent": "double", "currency": "double", "formula": "double", "rollup_summary": "double",
    "date": "date", "datetime": "datetime", "event_reminder": "datetime", "RRULE": "map", "lookup": "record", "ownerlookup": "user", "userlookup": "user", "layout": "map",
    "multiselectpicklist": "list", "multiselectlookup": "list", "subform": "list", "fileupload": "list", "imageupload": "list",
}
PARTS = ["Tasks", "Events", "Calls"]


def is_time(value):
    try:
        return isinstance(value, str) and datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def is_date(value):
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value) is not None
    except ValueError:
        return False


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_reference(value):
    return isinstance(value, dict) and TYPES["long"](value.get("id"))


TYPES = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool) or isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None,
    "double": is_number,
    "datetime": is_time,
    "date": is_date,
    "localdate": is_date,
    "timezone": lambda value: isinstance(value, str) and "/" in value,
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
    "hashmap": lambda value: isinstance(value, dict),
    "object": lambda value: True,
    "record": is_reference,
    "user": is_reference,
}


def plain(name):
    """A class's name without its package and the language's way to write it: fields.picklistvalue."""
    name = name.replace("/", ".")
    return re.sub(r".*\bcom\.zoho\.crm\.api\.", "", name).replace("_", "").lower()


class Details:
    """What an SDK's json_details.json says."""

    def __init__(self, path):
        self.classes = {plain(name): members for name, members in json.loads(path.read_text()).items()}

    def members(self, name):
        """A class's members by the name that they have in JSON."""
        return {member["name"]: member for member in self.classes[name].values() if isinstance(member, dict) and "name" in member}

    def wrapper(self, space, key):
        """The class of an answer that keeps its list in `key`."""
        for handler in (f"{space}.responsehandler", f"{space}.actionhandler"):
            for name in self.classes.get(handler, {}).get("classes", []):
                if key in self.members(plain(name)):
                    return plain(name)
        return None

    def faults(self, value, class_name, path, found):
        """Whether an object is one of a class."""
        if self.classes[class_name].get("interface"):
            tries = []
            for one in self.classes[class_name]["classes"]:
                tries.append([])
                self.faults(value, plain(one), path, tries[-1])
            found += min(tries, key=len)
            return
        if not isinstance(value, dict):
            found.append((path, class_name, value))
            return
        members = self.members(class_name)
        for name, inner in value.items():
            if name in members and inner is not None:
                self.member_faults(inner, members[name], f"{path}.{name}" if path else name, found)

    def member_faults(self, value, member, path, found):
        kind, structure = plain(member["type"]), plain(member.get("structure_name", ""))
        if kind.endswith("util.choice"):
            if "values" in member and value not in member["values"]:
                found.append((path, "one of " + ", ".join(map(str, member["values"])), value))
        elif kind in TYPES:
            if not TYPES[kind](value):
                found.append((path, kind, value))
            elif kind == "list":
                self.entry_faults(value, member, structure, path, found)
        elif kind in self.classes:
            self.faults(value, kind, path, found)
        elif not kind.endswith("util.streamwrapper"):
            found.append((path, f"{kind}, which the checker does not know", value))

    def entry_faults(self, values, member, structure, path, found):
        simple = plain(member.get("sub_type", {}).get("type", ""))
        for entry in values:
            if structure in self.classes:
                self.faults(entry, structure, f"{path}[]", found)
            elif simple in TYPES and not TYPES[simple](entry):
                found.append((f"{path}[]", simple, entry))


class Client:
    def __init__(self, url, version, token):
        self.url, self.version, self.token = url, version, token

    def ask(self, path):
        """The answer's object; None when there is no content."""
        request = urllib.request.Request(f"{self.url}/crm/{self.version}/{path}", headers={"Authorization": f"Zoho-oauthtoken {self.token}"})
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
        return json.loads(body) if body else None


def at(value, path):
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def answers(client):
    """What the server tells of the org: a name for each answer, its space in the SDKs, and the object."""
    modules = [module["api_name"] for module in client.ask("settings/modules")["modules"]]
    for path, space in [("settings/modules", "modules"), ("settings/territories", "territories"), ("settings/roles", "roles"), ("settings/profiles", "profiles"), ("users", "users"),
                        ("org", "org")]:
        answer = client.ask(path)
        yield path, space, answer
        if path not in ("org", "settings/modules"):
            [*_, last] = next(iter(answer.values()))
            yield f"{path}/{{id}}", space, client.ask(f"{path}/{last['id']}")
    for module in modules:
        yield "settings/modules/{module}", "modules", client.ask(f"settings/modules/{module}")
        for kind, space in (("fields", "fields"), ("layouts", "layouts"), ("custom_views", "customviews")):
            answer = client.ask(f"settings/{kind}?module={module}")
            if answer is None:
                continue
            yield f"settings/{kind}", space, answer
            for one in answer[kind]:
                yield f"settings/{kind}/{{id}}", space, client.ask(f"settings/{kind}/{one['id']}?module={module}")


def field_faults(client, modules, kind, entry):
    """What the SDKs read of a field, or of a module, without asking, and where they go from there."""
    for what, versions, path in READ_UNASKED:
        if what in (kind, entry.get("data_type")) and client.version in versions and at(entry, path) is None:
            yield path, f"what the SDKs read of {entry.get('data_type', kind)} unasked", "nothing"
    for what, versions, path in LEADS_TO:
        module = at(entry, path)
        if what == entry.get("data_type") and client.version in versions and module is not None and module not in list(modules):
            yield path, "a module of the org", module


def types_of(client, module):
    return {field["api_name"]: field["data_type"] for field in client.ask(f"settings/fields?module={module}")["fields"]}


def record_faults(client, details, module):
    """Records of a module, in the list and one by one, by the types of their fields."""
    types = types_of(client, module)
    listed = client.ask(f"{module}?per_page=5&fields={','.join(name for name in types if name != 'id')}")
    for part in PARTS if module == "Activities" else []:  # a record there has the fields of what it is
        types |= types_of(client, part)
    known = details.members("record.record")
    for record in listed["data"] if listed else []:
        for answer, told in (("{module}", record), ("{module}/{id}", client.ask(f"{module}/{record['id']}")["data"][0])):
            found = []
            for name, value in told.items():
                if value is None or name.startswith("$"):
                    continue
                if name in known:
                    details.member_faults(value, known[name], name, found)
                elif not TYPES[VALUES[types[name]]](value):
                    found.append((f"a {types[name]}", VALUES[types[name]], value))
            for path, expected, value in found:
                yield Fault(answer, path, expected, value)


def sections_of(answer):
    """The fields that an answer tells, wherever they stand."""
    for key, entries in answer.items():
        for entry in entries if isinstance(entries, list) else []:
            if key == "fields":
                yield entry
            elif isinstance(entry, dict):
                yield from sections_of(entry)


def every_fault(client, details):
    modules = {module["api_name"]: module for module in client.ask("settings/modules")["modules"]}
    for answer, space, body in answers(client):
        key = next(iter(body))
        wrapper, found = details.wrapper(space, key), []
        if wrapper is None:
            yield Fault(answer, key, "an answer that the SDK knows", "one with this list")
            continue
        details.faults(body, wrapper, "", found)
        for entry in sections_of(body) if space in ("fields", "layouts") else []:
            found += field_faults(client, modules, "field", entry)
        for entry in body[key] if space == "modules" else []:
            found += field_faults(client, modules, "module", entry)
        for path, expected, value in found:
            yield Fault(answer, path, expected, value)
    for module in modules.values():
        if module["api_supported"]:
            yield from record_faults(client, details, module["api_name"])


def faults(url, version, path, token="1000.crmock.admin"):
    """What is not as the SDK's json_details.json has it: each kind once, with how often it was seen; and what is known not to
    be, and is."""
    client, seen = Client(url, version, token), {}
    for fault in every_fault(client, Details(pathlib.Path(path))):
        kind = (fault.answer, fault.member, fault.expected)
        seen.setdefault(kind, [0, fault.found])[0] += 1
    for known in (known for known in KNOWN if version in known.versions):
        matched = [kind for kind in seen if re.fullmatch(known.member, kind[1])]
        if not matched:
            seen["any", known.member, "other than the SDK has it: shapes.KNOWN"] = [0, "as the SDK has it"]
        for kind in matched:
            del seen[kind]
    return seen
