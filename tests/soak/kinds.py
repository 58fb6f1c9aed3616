"""What can be done to a server: the table of the kinds of hostile clients, with what each is owed.

All are owed JSON, no 500 without a reason, and an end of the connection."""
import asyncio
import collections
import contextlib
import json
import random
import re

UPDATE = "/crm/v8/Leads/actions/mass_update"
BULK_VIEW = "554023000000050000"
ADMIN = "Authorization: Bearer 1000.crmock.admin"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = 'Content-Type: multipart/form-data; boundary="X"'
MEGABYTE = 1 << 20


def head(line, *headers, version="HTTP/1.1"):
    return "\r\n".join([f"{line} {version}", *headers, "", ""]).encode("latin-1")


def get(path, *headers):
    return head(f"GET {path}", "Host: x", ADMIN, "Connection: close", *headers)


def post(path, body=b"", *headers, close="Connection: close"):
    body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return head(f"POST {path}", "Host: x", ADMIN, f"Content-Length: {len(body)}", close, *headers) + body


def chunked(body, *headers):
    return head(f"POST {UPDATE}", "Host: x", ADMIN, "Connection: close", "Transfer-Encoding: chunked", *headers) + body


def token(body, media=FORM):
    return post("/oauth/v2/token", body, media)


def smuggled(*headers, end=b"\r\n\r\n"):
    """A request in doubt, with another one behind it."""
    return f"POST {UPDATE} HTTP/1.1\r\nHost: x".encode() + b"".join(b"\r\n" + line for line in headers) + end + b"0\r\n\r\n" + KEPT


def self_client(scope):
    return token(f"grant_type=client_credentials&client_id=1000.CRMOCK&client_secret=crmock-secret&soid=ZohoCRM.554023000000000011&scope={scope}")


def condition(text):
    return {"field": {"api_name": "Last_Name"}, "comparator": "contains", "value": text}


def group(count):
    return {"group_operator": "or", "group": [condition(f"no such {n}") for n in range(count)]}


def nested(depth):
    return {"group_operator": "or", "group": [condition("no such"), nested(depth - 1)]} if depth else condition("no such")


KEPT = head("GET /healthz", "Host: x")
LIST = head("GET /crm/v8/Leads?fields=Last_Name,Company,Email&per_page=200", "Host: x", ADMIN)
SMALL = {"data": [{"City": "x"}], "ids": ["1"]}
MANY_CONDITIONS = post(UPDATE, {"data": [{"City": "x"}], "cvid": BULK_VIEW, "criteria": group(200)})
LONG_RECORDS = "/crm/v8/Products?fields=Description&per_page=200"
SCOPES = "ZohoCRM.mass_update.leads.UPDATE," * 30000  # 960 KB


# Kinds that are more than bytes.

async def headers_without_end(visit):
    await visit.send(head("GET /healthz", "Host: x")[:-2])
    for _ in range(4000):
        if not await visit.send(b"X-Header: " + b"y" * 1000 + b"\r\n"):
            break


async def chunks_without_end(visit):
    await visit.send(chunked(b""))
    for _ in range(4000):
        if not await visit.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n"):
            break


async def headers_by_bytes(visit):
    await visit.send_slowly(get("/healthz"), 0.02)


async def body_by_bytes(visit):
    first, _, body = post(UPDATE, SMALL).partition(b"\r\n\r\n")
    await visit.send(first + b"\r\n\r\n")
    await visit.send_slowly(body, 0.05)


async def loris(visit):
    for _ in range(20):
        await (await visit.another()).send(head("GET /healthz", "Host: x")[:-2])
    for _ in range(8):
        for other in visit.others:
            await other.send(b"X: y\r\n")
        await asyncio.sleep(0.5)
    visit.reset()


def half_closed(data):
    async def use(visit):
        await visit.send(data)
        visit.half_close()
    return use


def reset(data):
    async def use(visit):
        await visit.send(data)
        visit.reset()
    return use


async def reset_by_hundreds(visit):
    for _ in range(100):
        (await visit.another()).reset()
        await visit.others.pop().end()
    visit.reset()


def never_read(data):
    async def use(visit):
        others = [await visit.another(room=2048, reads=False) for _ in range(5)]
        sending = [asyncio.create_task(other.send(data)) for other in others]
        await asyncio.sleep(3)
        for task in sending:
            task.cancel()
        visit.reset()
    return use


async def bodies_held_back(visit):
    for _ in range(60):
        await (await visit.another()).send(post(UPDATE, b" " * MEGABYTE)[:-1])
    await asyncio.sleep(1)
    visit.reset()


async def flood(visit):
    """More connections than the server serves at once."""
    with contextlib.suppress(OSError):
        for _ in range(200):
            await asyncio.wait_for((await visit.another()).send(KEPT[:-2]), 1)
    await asyncio.sleep(0.5)
    visit.reset()


def at_once(count, data):
    async def use(visit):
        await asyncio.gather(*[(await visit.another()).send(data) for _ in range(count)])
        await visit.send(get("/healthz"))
    return use


async def token_of_many_scopes(visit):
    """It is used, so that the server keeps it at hand."""
    await visit.send(self_client(SCOPES))
    await visit.reading
    if given := re.search(rb'"access_token":"([^"]*)"', visit.received):
        other = await visit.another()
        await other.send(post(UPDATE, SMALL).replace(b"1000.crmock.admin", given[1]))


Kind = collections.namedtuple("Kind", "use due allowed", defaults=[True, None])  # due: an answer must come; allowed: those


def bad(data, *allowed):
    return Kind(data, True, {400, *allowed})


KINDS = {
    # request lines and headers
    "a header of 30,000 bytes": Kind(get("/healthz", "X: " + "y" * 30000)),
    "a header of 100,000 bytes": Kind(get("/healthz", "X: " + "y" * 100000), due=False, allowed={400, 413, 431}),
    "a header of a megabyte": Kind(get("/healthz", "X: " + "y" * MEGABYTE), due=False, allowed={400, 413, 431}),
    "10,000 headers": Kind(get("/healthz", *["X: y"] * 10000), due=False, allowed={400, 413, 431}),
    "headers without end": Kind(headers_without_end, due=False, allowed={400, 413, 431}),
    "a path of 100,000 bytes": Kind(get("/" * 100000), due=False, allowed={400, 404, 413, 414, 431}),
    "a method of 20,000 bytes": Kind(head("A" * 20000 + " /healthz", "Host: x", "Connection: close")),
    "600 query parameters": Kind(get("/healthz?" + "a&" * 600)),
    "15,000 query parameters": Kind(get("/healthz?" + "a&" * 15000)),
    "HTTP/9.9": Kind(head("GET /healthz", "Host: x", version="HTTP/9.9"), allowed={400, 505}),
    "HTTP/2 by preface": Kind(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", due=False, allowed={400, 404, 405, 505}),
    "a TLS hello": Kind(b"\x16\x03\x01\x02\x00\x01" + bytes(range(256)) * 2, due=False, allowed={400}),
    "random bytes": Kind(random.Random(1).randbytes(20000), due=False, allowed={400, 413, 414, 431, 505}),
    "5,000 empty lines": Kind(b"\r\n" * 5000, due=False, allowed={400}),
    "invalid UTF-8 everywhere": Kind(post("/crm/v8/L\xff%ff?x=\xfe%fe", b'{"data":[{"City":"\xff\xc0"}]}', "X: \xff")),
    "zero bytes in a path": Kind(get("/healthz%00x"), allowed={400, 404}),
    "a zero byte in a token": Kind(get("/crm/v8/Deals/actions/count").replace(b"admin", b"admin\0x"), allowed={400, 401}),
    "a token of 30,000 bytes": Kind(get("/crm/v8/Deals/actions/count").replace(b"admin", b"a" * 30000), allowed={401}),
    # the length and coding of bodies
    "a body over the limit": Kind(post(UPDATE, b"x" * (MEGABYTE + 500000)), allowed={413}),
    "a body announced as 99 GB": Kind(head(f"POST {UPDATE}", "Host: x", ADMIN, "Content-Length: 99999999999"), allowed={413}),
    "a length of 30 digits": bad(smuggled(b"Content-Length: " + b"9" * 30), 413),
    "a negative length": bad(smuggled(b"Content-Length: -5")),
    "chunks without end": Kind(chunks_without_end, due=False, allowed={400, 413}),
    "chunks of a byte": Kind(chunked(b"1\r\n{\r\n" * 20000 + b"0\r\n\r\n"), allowed={400}),
    "a chunk extension of 33,000 bytes": bad(chunked(b"2;" + b"e" * 33000 + b"\r\n{}\r\n0\r\n\r\n"), 413, 431),
    "a chunk size of 20 digits": bad(chunked(b"f" * 20 + b"\r\n{}\r\n0\r\n\r\n"), 413),
    "a chunk size that is none": bad(chunked(b"zz\r\n{}\r\n0\r\n\r\n")),
    "trailers of 100,000 bytes": bad(chunked(b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 16000 + b"\r\n"), 413, 431),
    "an unknown transfer coding": bad(head(f"POST {UPDATE}", "Host: x", ADMIN, "Transfer-Encoding: gzip") + b"2\r\n{}\r\n0\r\n\r\n", 501),
    "Expect, and no body": Kind(head(f"POST {UPDATE}", "Host: x", ADMIN, "Content-Length: 10", "Expect: 100-continue"), allowed={100, 408}),
    "smuggling by two lengths": bad(smuggled(b"Content-Length: 5", b"Content-Length: 0")),
    "smuggling by a list of lengths": bad(smuggled(b"Content-Length: 5, 0")),
    "smuggling by length and coding": bad(smuggled(b"Content-Length: 5", b"Transfer-Encoding: chunked")),
    "smuggling by coding and length": bad(smuggled(b"Transfer-Encoding: chunked", b"Content-Length: 50")),
    "smuggling by two codings": bad(smuggled(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), 501),
    "smuggling by a hidden coding": bad(smuggled(b"Transfer-Encoding: xchunked"), 501),
    "smuggling by a blank before the colon": bad(smuggled(b"Content-Length : 5")),
    "smuggling by bare CR": bad(smuggled(b"X: y\rContent-Length: 5", b"Content-Length: 5")),
    "smuggling by bare LF": bad(smuggled(b"X: y\nContent-Length: 5")),
    "two hosts": bad(get("/healthz", "Host: y")),
    # connections
    "headers byte by byte": Kind(headers_by_bytes, allowed={200, 408}),
    "a body byte by byte": Kind(body_by_bytes, allowed={400, 408}),
    "slow loris, twenty": Kind(loris, due=False, allowed={408}),
    "half a request, then silence": Kind(KEPT[:-10], due=False, allowed={408}),
    "half a body, then silence": Kind(post(UPDATE, SMALL)[:-10], due=False, allowed={408}),
    "half-closed behind a request": Kind(half_closed(KEPT), allowed={200}),
    "half-closed in the headers": Kind(half_closed(KEPT[:-10]), due=False, allowed={400, 408}),
    "half-closed in the body": Kind(half_closed(post(UPDATE, SMALL)[:-10]), due=False, allowed={400, 408}),
    "reset in the headers": Kind(reset(KEPT[:-10]), due=False),
    "reset behind 100 requests": Kind(reset(LIST * 100), due=False),
    "reset at once, by hundreds": Kind(reset_by_hundreds, due=False),
    "answers are never read": Kind(never_read(LIST * 200), due=False),
    "2,000 requests in a row": Kind(KEPT * 2000 + get("/healthz"), allowed={200}),
    "200 updates in a row": Kind(post(UPDATE, SMALL, close="X: y") * 200 + get("/healthz"), allowed={200, 400}),
    "60 bodies of a megabyte, held back": Kind(bodies_held_back, due=False),
    "more connections than are served": Kind(flood, due=False),
    # forms
    "a million bytes in a form's value": Kind(token("client_id=" + "a" * 1000000)),
    "eight such forms at once": Kind(at_once(8, token("client_id=" + "a" * 1000000))),
    "a form of 300,000 fields": Kind(token("a&" * 300000)),
    "a zero byte in a client_id": Kind(token("grant_type=refresh_token&client_id=1000.CRMOCK%00x"), allowed={200, 400}),
    "multipart without names": Kind(token(b"--X\n\n\n", MULTIPART)),
    "multipart of 20,000 parts": Kind(token(b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 18000, MULTIPART)),
    "multipart, a header of 900 KB": Kind(token(b'--X\r\nContent-Disposition: form-data; name="' + b"a" * 900000, MULTIPART)),
    "multipart without end": Kind(token(b'--X\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n' + b"-" * 900000, MULTIPART)),
    "scopes of 960 KB": Kind(token_of_many_scopes),
    # JSON
    "a megabyte of [[[[": bad(post(UPDATE, b"[" * MEGABYTE)),
    'a megabyte of {"a":{"a":': bad(post(UPDATE, b'{"a":' * 200000)),
    "a megabyte of [1,1,1": Kind(post(UPDATE, b"[" + b"1," * 524286 + b"1]"), allowed={400, 413}),
    "an object of 60,000 names": Kind(post(UPDATE, {"data": [{f"a{n}": n for n in range(60000)}], "ids": ["1"]}), allowed={400, 413}),
    "60,000 ids": Kind(post(UPDATE, SMALL | {"ids": ["1234567890"] * 60000}), allowed={400, 413}),
    "a number of a megabyte": Kind(post(UPDATE, b'{"data":[{"City":' + b"1" * 1000000 + b'}],"ids":["1"]}'), allowed={400, 413}),
    "an escape that is none": bad(post(UPDATE, rb'{"data":[{"City":"a\uzzzz"}],"ids":["554023000000600002"]}')),
    "a zero byte in JSON": bad(post(UPDATE, b'{"data":[{"City":"a\0"}],"ids":["554023000000600002"]}')),
    "criteria 300 groups deep": Kind(post(UPDATE, {"data": [{"City": "x"}], "cvid": BULK_VIEW, "criteria": nested(300)}), allowed={400}),
    # records
    "a record of 900 KB": bad(post("/crm/v8/Products", {"data": [{"Product_Name": "x", "Description": "y" * 900000}]}), 413),
    "an image of 900 KB in a record": bad(post("/crm/v8/Products", {"data": [{"Product_Name": "x", "Record_Image": "y" * 900000}]}), 413),
    "30 records of 30 KB": Kind(post("/crm/v8/Products", {"data": [{"Product_Name": "x", "Description": "y" * 30000}] * 30}), allowed={201, 413}),
    "lists of such records": Kind(get(LONG_RECORDS)),
    "lists of such records are never read": Kind(never_read(head(f"GET {LONG_RECORDS}", "Host: x", ADMIN) * 4), due=False),
    "jobs of 50,000 records": Kind(post(UPDATE, {"data": [{"Lead_Status": "Contacted"}], "cvid": BULK_VIEW}), allowed={200, 202}),
    # reads
    "15,500 values in a search": bad(get("/crm/v8/Leads/search?criteria=(Last_Name:in:" + "a," * 15500 + "a)")),
    "15,000 parentheses in a search": bad(get("/crm/v8/Leads/search?criteria=" + "(" * 15000)),
    "1,000 conditions in a search": bad(get("/crm/v8/Leads/search?criteria=(" + "or".join(["(City:equals:a)"] * 1000) + ")")),
    "a search for 20,000 letters": Kind(get("/crm/v8/Leads/search?word=" + "a" * 20000)),
    "10 conditions on 50,000 records": Kind(get("/crm/v8/Leads/search?criteria=(" + "or".join([f"(Last_Name:contains:x{n})" for n in range(10)]) + ")")),
    "200 conditions in a view's call": bad(MANY_CONDITIONS),
    "six such calls at once": Kind(at_once(6, MANY_CONDITIONS), allowed={200, 400}),
    "15,000 names in fields": bad(get("/crm/v8/Leads?fields=" + "a," * 15000 + "a")),
    "fields, the same 3,000 times": bad(get("/crm/v8/Leads?per_page=200&fields=" + "Last_Name," * 2900 + "City")),
    "per_page of 19 digits": bad(get("/crm/v8/Leads?fields=City&per_page=" + "9" * 19)),
    "page of 19 digits": bad(get("/crm/v8/Leads?fields=City&page=" + "9" * 19)),
    "a page of 200, sorted, of 50,000": Kind(get("/crm/v8/Leads?fields=Last_Name&sort_by=Last_Name&per_page=200&page=10")),
    "page_token of 20,000 bytes": bad(get("/crm/v8/Leads?fields=City&page_token=" + "A" * 20000)),
    "1,500 ids to delete": Kind(head("DELETE /crm/v8/Leads?ids=" + "123456789012345678," * 1500 + "1", "Host: x", ADMIN, "Connection: close")),
}
