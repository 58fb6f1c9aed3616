"""Sandboxes of a server, and three ways to speak to one."""
import urllib.parse

from server import Answer

WAYS = ("prefix", "header", "credentials")


def control(server, method, path, body=None, headers=None):
    """A call of the control API, about main unless its path says otherwise. Its refusals have one form."""
    answer = server.request(method, path, body, token=None, headers=headers)
    if answer.status >= 400:
        assert set(answer.body) in ({"error"}, {"error", "at"}) and answer.body["error"], answer
    assert (answer.body is None) == (answer.status == 204), answer
    return answer


def make(server, way="prefix", **wish):
    answer = control(server, "POST", "/_crmock/sandboxes", wish)
    assert answer.status == 201, answer
    return Sandbox(server, answer.body, way)


def main_of(server):
    """main, whose credentials are those of the fixtures."""
    return Sandbox(server, {"id": "main", "client_id": "1000.CRMOCK", "client_secret": "crmock-secret", "refresh_token": "1000.crmock.refresh", "access_token": "1000.crmock.admin"})


class Sandbox:
    """One of them, as a client has it: what it is asked goes there by the way that it was made with."""

    def __init__(self, server, made, way="prefix"):
        assert way in WAYS
        self.server, self.made, self.id, self.way = server, made, made["id"], way
        self.prefix = f"/_s/{self.id}"

    def by(self, way, server=None):
        """The same sandbox, another way, or over another connection."""
        return Sandbox(server or self.server, self.made, way)

    def request(self, method, path, body=None, token="admin", headers=None):
        """To the service. `token` is the rest behind 1000.{id}. ; with a dot it is sent as it is."""
        headers, prefix = dict(headers or {}), ""
        if self.way == "header":
            headers["X-Crmock-Sandbox"] = self.id
        if self.way == "prefix":
            prefix = self.prefix
        if token is not None and "." not in token:
            token = f"1000.{self.id if self.way == 'credentials' else 'crmock'}.{token}"
        answer = self.server.request(method, prefix + path, body, token=token, headers=headers)
        if prefix and path.startswith(("/crm/", "/oauth/")) and answer.headers["Content-Type"] != "text/html;charset=UTF-8":
            self.server.document().check(method, path, answer.status, answer.headers, answer.body)
        return answer

    def update(self, module, body, version="v8", **keywords):
        return self.request("POST", f"/crm/{version}/{module}/actions/mass_update", body, **keywords)

    def set(self, module, id, **fields):
        """Updates a record that must be there."""
        answer = self.update(module, {"data": [fields], "ids": [id]})
        assert answer.status == 200 and answer.body["data"][0]["code"] == "SUCCESS", answer

    def put(self, module, id, **fields):
        """The same by the records API, which takes more than one field."""
        answer = self.request("PUT", f"/crm/v8/{module}", {"data": [{"id": id} | fields]})
        assert answer.status == 200 and answer.body["data"][0]["code"] == "SUCCESS", answer

    def get(self, module, id):
        """A record; None when there is none."""
        answer = self.request("GET", f"/crm/v8/{module}/{id}")
        assert answer.status in (200, 204), answer
        return answer.body["data"][0] if answer.body else None

    def job(self, module, job_id):
        return self.request("GET", f"/crm/v8/{module}/actions/mass_update?job_id={job_id}")

    def schedule(self, module, body):
        answer = self.update(module, body)
        assert answer.status == 200, answer
        return answer.body["data"][0]["details"]["job_id"]

    def ended(self, module, job_id):
        """Asks for the job until it has ended."""
        while True:
            answer = self.job(module, job_id)
            assert answer.status == 200, answer
            job = answer.body["data"][0]
            if job["Status"] in ("COMPLETED", "FAILED"):
                return job
            assert job["Status"] in ("SCHEDULED", "RUNNING")

    def control(self, method, path, body=None):
        if self.way == "header":
            return control(self.server, method, f"/_crmock{path}", body, {"X-Crmock-Sandbox": self.id})
        return control(self.server, method, f"{self.prefix}/_crmock{path}", body)

    def done(self, method, path, body=None):
        """A control call that must succeed."""
        answer = self.control(method, path, body)
        assert answer.status in (200, 201, 204), answer
        return answer.body

    def oauth(self, fields, path="token", **headers):
        """The OAuth server, by a form."""
        answer = self.request("POST", f"/oauth/v2/{path}", urllib.parse.urlencode(fields), token=None,
                              headers={"Content-Type": "application/x-www-form-urlencoded"} | headers)
        return Answer(answer.status, answer.headers, answer.body)

    def client(self):
        return {"client_id": self.made["client_id"], "client_secret": self.made["client_secret"]}

    def refresh(self):
        return self.oauth(self.client() | {"grant_type": "refresh_token", "refresh_token": self.made["refresh_token"]}).body
