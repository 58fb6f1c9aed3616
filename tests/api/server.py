"""Drives a crmock process."""
import collections
import contextlib
import copy
import http.client
import json
import os
import shlex
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import urllib.request

import schema

CRMOCK = os.environ.get("CRMOCK", os.path.abspath("build/crmock"))
WRAPPER = shlex.split(os.environ.get("CRMOCK_WRAPPER", ""))
# Sanitizers and valgrind take memory and addresses of their own.
PLAIN = not WRAPPER and not any(name in CRMOCK for name in ("asan", "tsan"))
# How long a condition may take to come true before a test gives up. Never a time that is waited for.
PATIENCE = 300


def until(condition):
    """What the condition told when it came true."""
    deadline = time.monotonic() + PATIENCE
    while not (told := condition()):
        assert time.monotonic() < deadline
    return told


# Whether tests that do not say it call servers by TLS.
OVER_TLS = bool(os.environ.get("CRMOCK_OVER_TLS"))

DOCUMENTS, CONTROL_DOCUMENTS, TLS_FOLDERS = [], [], []
Answer = collections.namedtuple("Answer", "status headers body")


def command(*arguments):
    return [*WRAPPER, CRMOCK, *map(str, arguments)]


def run(*arguments, env=None, **keywords):
    """Runs crmock to its end."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE,
                          env=os.environ | (env or {}), **keywords)


def own_fixtures(folder, sections):
    """A folder of fixtures with these sections, on top of a built-in org unless they say which; in `folder`, made anew."""
    place = folder / "fixtures"
    place.mkdir(exist_ok=True)
    (place / "own.json").write_text(json.dumps({"extends": "enterprise"} | sections))
    return place


def control_document():
    """What a server says that its control API answers: every such answer is held against it, also of servers that do not
    tell because they ask for a token."""
    if not CONTROL_DOCUMENTS:
        server = Server()
        with urllib.request.urlopen(f"{server.url}/_crmock/openapi.json", timeout=PATIENCE) as response:
            CONTROL_DOCUMENTS.append(schema.Document(response.read()))
        server.stop()
    return CONTROL_DOCUMENTS[0]


class Ending:
    """A connection under TLS whose client can end its half in order, and read on: ssl.SSLSocket cannot."""

    def __init__(self, plain, context):
        self.plain, self.inward, self.outward = plain, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inward, self.outward, server_hostname="127.0.0.1")
        self.go_on(self.tls.do_handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.plain.close()

    def flush(self):
        if self.outward.pending:
            self.plain.sendall(self.outward.read())

    def go_on(self, step):
        while True:
            try:
                done = step()
                self.flush()
                return done
            except ssl.SSLWantReadError:
                self.flush()
                part = self.plain.recv(65536)
                self.inward.write(part) if part else self.inward.write_eof()

    def sendall(self, data):
        for at in range(0, len(data), 16384):
            self.tls.write(data[at:at + 16384])
        self.flush()

    def recv(self, size):
        try:
            return self.go_on(lambda: self.tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def shutdown(self, _):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.flush()
        self.plain.shutdown(socket.SHUT_WR)


def tls_folder():
    """Where this run's servers have their certificate, which takes a while to make."""
    if not TLS_FOLDERS:
        TLS_FOLDERS.append(tempfile.TemporaryDirectory())
    return TLS_FOLDERS[0].name


class Server:
    def __init__(self, *arguments, db=None, env=None, log=subprocess.DEVNULL, tls=OVER_TLS):
        options = ["--port", "0", *(["--db", db] if db else []), *map(str, arguments)]
        if tls and "--tls-port" not in options:
            options += ["--tls-port", "0"]
        if {"--tls-port", "--proxy-port"} & set(options) and not {"--tls-dir", "--tls-cert"} & set(options):
            options += ["--tls-dir", tls_folder()]
        self.db = db
        self.has_control = "off" not in arguments and "off" not in (env or {}).values()
        self.process = subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=log, text=True,
                                        env=os.environ | (env or {}))
        self.ready_line = self.process.stdout.readline()
        if not self.ready_line:
            raise AssertionError(f"crmock ended with {self.process.wait()}")
        self.url = self.ready_line.removeprefix("crmock listening on ").strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.tls_line = self.process.stdout.readline() if "--tls-port" in options else ""
        self.proxy_line = self.process.stdout.readline() if "--proxy-port" in options else ""
        self.tls_port, self.proxy_port = (int(line.rsplit(":", 1)[1]) if line else None for line in (self.tls_line, self.proxy_line))
        self.folder = options[options.index("--tls-dir") + 1] if "--tls-dir" in options else None
        self.context = ssl.create_default_context(cafile=f"{self.folder}/ca.pem") if tls else None
        self.connection = self.new_connection()

    def new_connection(self):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=PATIENCE, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def connect(self):
        """A socket to it, under TLS where the server is called by that."""
        plain = socket.create_connection(("127.0.0.1", self.tls_port if self.context else self.port), timeout=PATIENCE)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1") if self.context else plain

    def another_client(self):
        """The same server over a connection of its own, for another thread. Close its connection."""
        other = copy.copy(self)
        other.connection = self.new_connection()
        return other

    def stop(self, number=signal.SIGTERM):
        """Stops the process; it must end in order."""
        self.connection.close()
        if self.process.returncode is not None:
            return self.process.returncode
        self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        assert status == (0 if number != signal.SIGKILL else -9), f"ended with {status}"
        return status

    def request(self, method, path, body=None, token="1000.crmock.admin", headers=None, parse=True):
        """One request on the kept connection. The body is JSON unless it is bytes; that of an answer as well, unless it is not
        parsed."""
        headers = dict(headers or {})
        if token is not None:
            headers.setdefault("Authorization", f"Zoho-oauthtoken {token}")
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        for retry in (True, False):
            try:
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                text = response.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                self.connection.close()
                if not retry:
                    raise
        is_text = (response.headers["Content-Type"] or "").startswith(("text/", "image/svg+xml"))  # of the control API, of any bytes
        if not parse:
            return Answer(response.status, response.headers, text)
        value = (text.decode(errors="surrogateescape") if is_text else json.loads(text)) if text and method != "HEAD" else None
        if (self.has_control and schema.is_control(path)) or schema.is_of_control(response.headers):
            control_document().check_control(method, path, response.status, response.headers, value)
        else:
            self.document().check(method, path, response.status, response.headers, value)
        return Answer(response.status, response.headers, value)

    def document(self):
        """What the server says that it answers: every answer of every test is held against it."""
        if not DOCUMENTS:
            with urllib.request.urlopen(f"{self.url}/openapi.json", timeout=PATIENCE) as response:
                DOCUMENTS.append(schema.Document(response.read()))
        return DOCUMENTS[0]

    def update(self, module, body, version="v8", **keywords):
        return self.request("POST", f"/crm/{version}/{module}/actions/mass_update", body, **keywords)

    def job(self, module, job_id, version="v8", **keywords):
        return self.request("GET", f"/crm/{version}/{module}/actions/mass_update?job_id={job_id}",
                            **keywords)

    def schedule(self, module, body, **keywords):
        """Schedules a job that must be accepted; its id."""
        answer = self.update(module, body, **keywords)
        assert answer.status == 200, answer
        return answer.body["data"][0]["details"]["job_id"]

    def ended_with(self, token, module, body):
        """Schedules a job by another token, and waits for its end."""
        return self.ended(module, self.schedule(module, body, token=token), token=token)

    def ended(self, module, job_id, **keywords):
        """Asks for the job until it has ended; checks at every moment that its counts are true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.job(module, job_id, **keywords)
            assert answer.status == 200
            job = answer.body["data"][0]
            assert (job["Updated_Count"] + job["Failed_Count"] + job["Not_Updated_Count"] ==
                    job["Total_Count"])
            if job["Status"] in ("COMPLETED", "FAILED"):
                assert job["Not_Updated_Count"] == 0
                return job
            assert job["Status"] in ("SCHEDULED", "RUNNING")
        raise AssertionError("the job did not end")

    def query(self, sql, *parameters):
        """Reads the server's store."""
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as db:
            rows = db.execute(sql, parameters).fetchall()
        db.close()
        return rows

    def fields(self, record_id):
        return json.loads(self.query("SELECT fields FROM record WHERE id = ?", int(record_id))[0][0])

    def digest(self):
        """Everything that a refused call must leave alone."""
        return (self.query("SELECT id, modified_by, modified_time, fields FROM record WHERE id NOT"
                           " BETWEEN 554023000000700001 AND 554023000000750000") +
                self.query("SELECT count(*), sum(modified_time) FROM record") +
                self.query("SELECT count(*) FROM job"))

    def raw(self, data):
        """Sends bytes on a connection of their own, and reads until the server closes it, which it may do before it has read
        them all."""
        received = b""
        plain = socket.create_connection(("127.0.0.1", self.tls_port if self.context else self.port), timeout=PATIENCE)
        with (Ending(plain, self.context) if self.context else plain) as connection, contextlib.suppress(OSError):
            with contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        return received
