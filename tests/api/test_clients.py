"""docs/clients.md: the commands of its lesson, as they are printed. Its tables are held by make test-clients."""
import json
import re
import subprocess

import gallery
from test_control import is_as_printed

PAGE = gallery.page("clients")


def error_of(server, line):
    """What curl says of a request that gets no answer."""
    done = subprocess.run(["bash", "-c", line.replace(gallery.BASE, server.url).replace("curl ", "curl -sS ", 1)], capture_output=True, text=True)
    assert (done.returncode != 0, done.stdout) == (True, "")
    return done.stderr.strip()


def test_an_answer_that_got_lost(fresh):
    """One after the other; what is printed below a command is what came of it, and below some nothing is."""
    examples = re.findall(r"```sh\n(curl .*)\n```\n(?:\n```(json|text)\n(.*)\n```\n)?", PAGE)
    assert len(examples) == PAGE.count("```sh") >= 20 and {form for _, form, _ in examples} == {"json", "text", ""}
    for line, form, printed in examples:
        if form == "text":
            assert error_of(fresh, line) == printed, line
            continue
        status, answer, _, _ = gallery.curl(fresh, line)
        assert status < 300 and (not printed or is_as_printed(answer, json.loads(printed))), (line, answer)


def test_the_journal_has_what_got_no_answer(fresh):
    """As the page says of the two mass updates by ids: one without a status, one with."""
    line = re.search(r"^curl .*\"effect\": \{\"drop\": \"after\"\}.*$", PAGE, re.M).group().replace("/_s/lost", "")
    assert gallery.curl(fresh, line)[0] == 201
    update = re.search(r"^curl .*/Deals/actions/mass_update .*$", PAGE, re.M).group().replace("lost", "crmock")
    assert error_of(fresh, update) and gallery.curl(fresh, update)[0] == 200
    listed = gallery.curl(fresh, f"curl '{gallery.BASE}/_crmock/requests?path=/crm/v8/Deals/actions/mass_update'")[1]["requests"]
    assert [entry["status"] for entry in listed] == [200, None]
