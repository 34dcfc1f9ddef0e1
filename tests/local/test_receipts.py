"""Receipts on disk: named, written whole or not at all, and never worth a verdict."""

from __future__ import annotations

import json
import stat
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from support.listener import Listener
from support.no_room import NO_ROOM, no_room
from support.story import delete

from cachetools_core.errors import ReceiptNotKept
from cachetools_core.local.receipts import ReceiptFolder

SERVICE = "https://gis.example.com/server/rest/services/Rainfall/MapServer"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_two_receipts_of_the_same_second_have_names_of_their_own(tmp_path):
    folder = ReceiptFolder(tmp_path)
    names = {folder.stem_for(SERVICE, MOMENT).name for _ in range(20)}
    assert len(names) == 20
    assert all(name.startswith("20260102T030405Z-gis_example_com_server_rest_services_Rainfall") for name in names)


def test_the_folder_is_the_one_given_else_the_variables_else_the_application_datas(tmp_path, own_home, monkeypatch):
    assert ReceiptFolder().path == own_home / "CacheTools" / "receipts"
    monkeypatch.setenv("CACHETOOLS_RECEIPTS", str(tmp_path / "named"))
    assert ReceiptFolder().path == tmp_path / "named"
    assert ReceiptFolder(tmp_path / "given").path == tmp_path / "given"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps access lists instead of modes")
def test_the_users_own_folder_is_closed_and_a_named_one_is_left_as_it_is(tmp_path):
    own = ReceiptFolder()
    file = own.stem_for(SERVICE, MOMENT).with_suffix(".json")
    own.write(file, "{}")
    assert (stat.S_IMODE(own.path.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    tmp_path.chmod(0o755)
    named = ReceiptFolder(tmp_path)
    shared = named.stem_for(SERVICE, MOMENT).with_suffix(".json")
    named.write(shared, "{}")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE(shared.stat().st_mode) & 0o400


def test_what_cant_be_written_is_told_and_leaves_nothing(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    folder = ReceiptFolder(in_the_way)
    with pytest.raises(ReceiptNotKept, match="it is a file, not a folder"):
        folder.write(folder.stem_for(SERVICE, MOMENT).with_suffix(".json"), "{}")
    assert list(tmp_path.iterdir()) == [in_the_way]


@pytest.mark.parametrize("named", [True, False])
def test_the_path_of_a_folder_whose_name_is_no_utf8_costs_no_receipt(named, tmp_path):
    folder = ReceiptFolder(tmp_path if named else None)
    file = folder.stem_for(SERVICE, MOMENT).with_suffix(".json")
    folder.write(file, json.dumps({"folder": "/data/\udcff"}, ensure_ascii=False))
    assert json.loads(file.read_text(encoding="utf-8")) == {"folder": "/data/\udcff"}


@pytest.mark.parametrize("named", [True, False])
def test_files_that_belong_together_are_written_all_or_none(named, tmp_path):
    folder = ReceiptFolder(tmp_path / "named" if named else None)
    stem = folder.stem_for(SERVICE, MOMENT)
    page, told = stem.with_suffix(".html"), stem.with_suffix(".json")
    folder.write_together({page: "<p>", told: "{}"})
    assert (page.read_text(), told.read_text()) == ("<p>", "{}")
    told.unlink()
    told.mkdir()
    (told / "in the way").touch()
    with pytest.raises(ReceiptNotKept, match="CT504"):
        folder.write_together({page: "<p>", told: "{}"})
    assert list(folder.path.iterdir()) == [told]


def test_a_deletion_leaves_its_receipt_and_says_where(server, tmp_path):
    heard = Listener()
    receipt = delete(server, receipts=tmp_path, messages=heard)
    (kept,) = tmp_path.glob("*.json")
    assert json.loads(kept.read_text()) == receipt.to_dict()
    assert kept.with_suffix(".html").read_text().startswith("<!DOCTYPE html>")
    assert f"Receipt: {kept.with_suffix('')}.json and .html" in heard.lines
    kept_besides = {file.name.partition(".")[2] for file in tmp_path.iterdir()} - {"json", "html"}
    assert kept_besides == {"conf.xml", "conf.cdi"}


def test_a_full_disk_costs_the_receipt_and_a_warning_and_no_verdict(server):
    heard = Listener()
    receipt = delete(server, receipts=Path("/dev/full"), messages=heard)
    assert (receipt.verdict.value, receipt.exit_code) == ("deleted", 0)
    assert any("CT504" in warning for warning in receipt.warnings)
    assert any("CT504" in warning for warning in heard.warnings)


def test_a_disk_that_is_really_full_leaves_no_half_of_a_receipt(tmp_path):
    folder = ReceiptFolder(tmp_path)
    stem = folder.stem_for(SERVICE, MOMENT)
    with no_room(), pytest.raises(ReceiptNotKept, match=NO_ROOM):
        folder.write_together({stem.with_suffix(".html"): "<p>", stem.with_suffix(".json"): "{}"})
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_service_leaves_none(server, tmp_path):
    receipt = delete(server, "Rainfall", receipts=tmp_path)
    assert (receipt.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_an_address_is_no_folder_for_receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHETOOLS_RECEIPTS", "https://ann:canary@nas/x")
    with pytest.raises(ReceiptNotKept, match="in CACHETOOLS_RECEIPTS can't be a path") as refused:
        ReceiptFolder()
    assert "canary" not in str(refused.value)


class OnADeadShare(dict[Path, str]):
    """Files on a share that doesn't answer."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def items(self) -> Any:
        self.let_go.wait(60)
        return super().items()


def test_a_share_that_hangs_costs_the_receipt_alone(tmp_path: Path) -> None:
    files = OnADeadShare()
    with pytest.raises(ReceiptNotKept, match="gave no answer"):
        ReceiptFolder(tmp_path).write_together(files, seconds=0.01)
    files.let_go.set()
