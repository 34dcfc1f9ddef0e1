"""The record of a run: what the story's parts say to it is heard at once, and its warnings stand in the receipt."""

from __future__ import annotations

from support.clocks import StillClock
from support.job_site import FAILED
from support.listener import Listener

from cachetools_core.messages import Messages
from cachetools_core.proof.verdict import Verdict
from cachetools_core.secrecy import Secrets
from cachetools_core.tools.record import Record

LOST = "The job may have started; looking for it, not submitting again."


def test_a_submit_whose_answer_was_lost_is_told_in_the_receipt(site):
    site.lose_the_answer(None)
    site.at(5, lambda: site.finish(site.jobs[0]))
    receipt = site.delete()
    assert (receipt.verdict, len(site.submits)) == (Verdict.DELETED, 1)
    assert [words for words in receipt.warnings if words.endswith(LOST)]
    assert list(receipt.warnings) == site.heard.warnings


def test_a_service_that_had_to_be_started_is_told_in_the_receipt(site):
    gone = {"error": {"code": 500, "message": "Service not started", "details": []}}
    site.at(5, lambda: (site.finish(site.jobs[0]), site.bodies.update({"rest/services/Rain/MapServer": gone})))
    receipt = site.delete()
    assert "Rain:MapServer was left stopped; starting it." in receipt.warnings
    assert list(receipt.warnings) == site.heard.warnings


def test_a_cancel_is_told_in_the_receipt(site):
    heard = Listener()
    site.at(5, lambda: setattr(heard, "cancel_now", True))
    site.at(8, lambda: site.finish(site.jobs[0], FAILED))
    receipt = site.delete(messages=heard)
    assert receipt.verdict is Verdict.NOT_DELETED
    assert any(words.startswith("Cancelling: ") for words in receipt.warnings)


def test_a_record_hands_on_all_it_hears_and_keeps_the_warnings():
    heard = Listener()
    record = Record("https://gis.example.com/x", heard, Secrets(["canary-1234"]), StillClock())
    port: Messages = record
    port.info("news")
    port.warning("a warning with canary-1234 in it")
    port.progress("at work", 50.0)
    assert (heard.lines, heard.labels) == (["news"], [("at work", 50.0)])
    assert record.receipt().warnings == ("a warning with *** in it",)
    assert not port.cancelled()
    heard.cancel_now = True
    assert port.cancelled()


def test_an_account_that_is_not_used_is_told_in_the_receipt(site):
    site.at(5, lambda: site.finish(site.jobs[0]))
    assert (
        "The user name publisher1 isn't used: this site asks for no sign-in."
        in site.delete(username="publisher1").warnings
    )
