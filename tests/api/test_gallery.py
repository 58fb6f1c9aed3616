"""Every row of the error catalogue, by the line that docs/gallery.md gives for it, in every version."""
import copy

import pytest

import gallery
import schema

ROWS = gallery.rows()


@pytest.fixture
def quiet(shared):
    """No job is under way: the rows about views need that."""
    while shared.query("SELECT 1 FROM job WHERE status IN ('SCHEDULED', 'RUNNING')"):
        pass
    return shared


def test_the_gallery_has_every_row():
    assert [row.name for row in ROWS] == [f"E{n}" for n in range(1, 38)] + [f"G{n}" for n in range(1, 7)] + ["M1", "M2", "M3", "D18"] + [f"P{n}" for n in range(1, 18) if n != 16] + [f"O{n}" for n in range(1, 13) if n != 10] + ["O22"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_as_the_gallery_gives_it(quiet, row, record_property):
    record_property("row", (row.name, "v8", row.command))
    status, answer, rule, media = gallery.curl(quiet, row.command)
    assert (status, answer, rule) == (row.status, row.answer, row.name)
    assert media == ("application/json;charset=UTF-8" if answer else "")


def is_in(row, version):
    """Page tokens came with v3; OAuth's paths have no version."""
    return row.name[0] != "O" and (version not in ("v2", "v2.1") or row.name not in ("P10", "P11", "P12", "P13"))


def in_version(answer, version):
    """What the gallery has for v8, as the version answers it (F1)."""
    answer = copy.deepcopy(answer)
    for refusal in schema.refusals(answer):
        if version == "v2":
            refusal["details"] = {name: value for name, value in refusal["details"].items() if name not in ("json_path", "resource_path_index")}
        if version == "v2.1" and refusal["code"] == "INVALID_MODULE":
            del refusal["details"]["resource_path_index"]
    return answer


@pytest.mark.parametrize("row, version", [(row, version) for row in ROWS for version in gallery.VERSIONS[:-1] if is_in(row, version)], ids=lambda value: getattr(value, "name", value))
def test_row_in_version(quiet, row, version, record_property):
    command = row.command.replace("/crm/v8/", f"/crm/{version}/")
    record_property("row", (row.name, version, command))
    status, answer, rule, _ = gallery.curl(quiet, command)
    assert (status, answer, rule) == (row.status, in_version(row.answer, version), row.name)
