"""Isolation, proved: whatever others do meanwhile, each sandbox answers and ends as when its calls run alone in a server of
its own."""
import os
import queue
import random
import threading

import pytest
from sandbox import WAYS, main_of, make
from server import WRAPPER, Server

pytestmark = pytest.mark.skipif(bool(WRAPPER), reason="valgrind has one thread go on at a time")
NOW = "2026-03-01T00:00:00Z"
LEADS = [str(554023000000700001 + n) for n in range(6)]
VIEWS = ["554023000000091501", "554023000000091503"]
FIELDS = "Last_Name,City,Company,Lead_Source,Created_Time,Modified_Time,Modified_By,Owner"
SANDBOXES, CALLS, THREADS = 20, 30, 8
SEED = int(os.environ.get("CRMOCK_SEED", "1"))


class Actor:
    """Makes calls, of which each is chosen by dice that are its own, and keeps what it was answered."""

    def __init__(self, sandbox, seed):
        self.sandbox, self.dice, self.answers = sandbox, random.Random(seed), []
        self.records, self.jobs, self.tokens, self.snapshots = list(LEADS), [], [], []

    def act(self):
        kinds = [self.by_ids, self.by_ids, self.by_ids, self.by_view, self.insert, self.change, self.delete, self.log_in, self.revoke, self.use, self.set_clock, self.keep, self.go_back]
        self.answers.append(self.dice.choice(kinds)())

    def value(self):
        return f"City {self.dice.randrange(1000)}"

    def ask(self, method, path, body=None, **keywords):
        answer = self.sandbox.request(method, f"/crm/v8/{path}", body, **keywords)
        return method, path, answer.status, answer.body

    def by_ids(self):
        ids = self.dice.sample(self.records, self.dice.randint(1, 4))
        return self.ask("POST", "Leads/actions/mass_update", {"data": [{"City": self.value()}], "ids": ids})

    def by_view(self):
        """A job, waited for."""
        body = {"data": [{self.dice.choice(["City", "Company"]): self.value()}], "cvid": self.dice.choice(VIEWS)}
        self.jobs.append(self.sandbox.schedule("Leads", body))
        return self.sandbox.ended("Leads", self.jobs[-1])

    def insert(self):
        answer = self.ask("POST", "Leads", {"data": [{"Last_Name": self.value(), "Company": self.value()} for _ in range(self.dice.randint(1, 3))]})
        self.records += [entry["details"]["id"] for entry in answer[3]["data"]]
        return answer

    def change(self):
        return self.ask("PUT", "Leads", {"data": [{"id": self.dice.choice(self.records), "Company": self.value(), "City": self.value()}]})

    def delete(self):
        return self.ask("DELETE", f"Leads?ids={self.dice.choice(self.records)}")

    def log_in(self):
        """Tokens themselves are dice of the server's; each must be of this world."""
        body = self.sandbox.refresh()
        self.tokens.append(body.pop("access_token"))
        assert self.sandbox.id == "main" or self.tokens[-1].startswith(f"1000.{self.sandbox.id}.")
        body.pop("api_domain")
        return body

    def use(self):
        return self.ask("GET", f"Leads/{self.dice.choice(self.records)}", token=self.dice.choice(self.tokens or ["admin"]))

    def revoke(self):
        if not self.tokens:
            return None
        return self.sandbox.oauth({"token": self.dice.choice(self.tokens)}, "token/revoke").body

    def set_clock(self):
        if self.dice.random() < 0.5:
            return self.sandbox.done("POST", "/clock/advance", {"by": self.dice.randrange(3000)})
        return self.sandbox.done("PUT", "/clock", {"now": f"2026-03-0{self.dice.randint(1, 9)}T00:00:00Z"})

    def keep(self):
        self.snapshots.append(str(len(self.snapshots)))
        return self.sandbox.control("POST", "/snapshots", {"name": self.snapshots[-1]}).status

    def go_back(self):
        """Ids that were given are given again then: what an answer says of them is as good as ever."""
        name = self.dice.choice([*self.snapshots, None])
        return self.sandbox.control("POST", f"/snapshots/{name}/restore" if name else "/reset").status

    def content(self):
        """All records that its calls could reach, its jobs, its time."""
        lists = [self.ask("GET", f"Leads?fields={FIELDS}&cvid={view}&per_page=200") for view in VIEWS]
        newest = self.ask("GET", f"Leads?fields={FIELDS}&sort_by=id&sort_order=desc&per_page=200")
        for _, _, _, body in [*lists, newest]:
            body.pop("info")  # page tokens are the server's dice too
        return (lists, newest, [self.ask("GET", f"Leads/{id}") for id in sorted(set(self.records))], [self.ask("GET", f"Leads/actions/mass_update?job_id={job}") for job in self.jobs],
                self.sandbox.done("GET", "/clock"))


def alone(seed):
    server = Server("--now", NOW)
    actor = Actor(main_of(server).by("header"), seed)
    for _ in range(CALLS):
        actor.act()
    found = actor.answers, actor.content()
    server.stop()
    return found


def together(server, actors):
    """Each actor's calls in their order, by whichever thread is free."""
    waiting, faults = queue.SimpleQueue(), []
    for actor in actors:
        waiting.put((actor, CALLS))

    def work():
        client = server.another_client()
        try:
            while True:
                actor, left = waiting.get_nowait()
                actor.sandbox.server = client
                actor.act()
                if left > 1:
                    waiting.put((actor, left - 1))
        except queue.Empty:
            client.connection.close()
        except BaseException as fault:  # told by the test itself
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in faults:
        raise fault
    for actor in actors:
        actor.sandbox.server = server


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    server = Server("--now", NOW, db=tmp_path_factory.mktemp("isolation") / "main.db")
    digest = server.digest()
    actors = [Actor(make(server, WAYS[n % 3]), SEED * 1000 + n) for n in range(SANDBOXES)]
    together(server, actors)
    found = [(actor.answers, actor.content()) for actor in actors]
    assert server.digest() == digest, "main has changed"
    server.stop()
    return found


@pytest.mark.parametrize("n", range(SANDBOXES))
def test_each_sandbox_is_as_if_it_were_alone(worlds, n):
    answers, content = alone(SEED * 1000 + n)
    for step, (one, other) in enumerate(zip(worlds[n][0], answers)):
        assert one == other, f"call {step} of seed {SEED}"
    assert worlds[n][1] == content
