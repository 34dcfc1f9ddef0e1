"""The stand-in for arcpy keeps to the documented order, and to text outside execute."""

from __future__ import annotations

import socket
import sys
import textwrap
import threading

import pytest
from arcpy_standin import (
    ExecuteError,
    NotModelled,
    Pro,
    Refused,
    TalkedTooEarly,
)
from support.small_toolbox import PARAMETERS, ROUND, Box

# The documented order


def test_pane_order(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(more="def isLicensed(self): return True\ndef postExecute(self, parameters): pass"))
    pane = pro.open_in_pane("Tool")
    assert pro.calls == ["getParameterInfo", "isLicensed", *ROUND]
    pro.calls.clear()
    pane.edit("text", "a")
    assert pro.calls == ROUND
    pro.calls.clear()
    assert pane.run().succeeded
    assert pro.calls == ["isLicensed", *ROUND, "execute", "postExecute"]


def test_a_script_call_validates_before_it_executes(pro: Pro, box: Box) -> None:
    flags = "self.seen = [(p.altered, p.hasBeenValidated) for p in parameters]"
    pro.add_toolbox(box.write(updates=flags, messages=flags, execute=flags))
    pro.instances.clear()
    pro.call("Tool", "a")
    assert pro.calls == ["getParameterInfo", *ROUND, "execute"]
    seen = [instance.seen for instance in pro.instances if hasattr(instance, "seen")]
    assert seen == [[(True, False)] * 3, [(True, True)] * 3, [(True, True)] * 3]


def test_every_call_has_its_own_instance_and_parameter_objects(pro: Pro, box: Box) -> None:
    keep = "assert not hasattr(self, 'kept'); self.kept = parameters"
    pro.add_toolbox(box.write(updates=keep, messages=keep, execute=keep))
    pro.instances.clear()
    pro.call("Tool", "a")
    kept = [parameter for tool in pro.instances if hasattr(tool, "kept") for parameter in tool.kept]
    assert len(kept) == 9
    assert len({id(parameter) for parameter in kept}) == 9


def test_altered_lasts_until_the_value_is_emptied(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write())
    pane = pro.open_in_pane("Tool")
    assert not pane["text"].altered
    pane.edit("text", "a")
    assert pane["text"].altered
    pane.edit("text", "")
    assert not pane["text"].altered


def test_messages_are_gone_each_round_unless_set_again(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="if not parameters[0].hasBeenValidated or parameters[0].value == 'a':\n"
                                       "    parameters[0].setWarningMessage('hm')"))  # fmt: skip
    pane = pro.open_in_pane("Tool")
    pane.edit("text", "a")
    assert pane["text"].message == "hm"
    pane.edit("text", "b")
    assert pane["text"].message == ""


def test_an_error_that_nobody_can_see_fails_the_test(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="parameters[1].enabled = False; parameters[1].setErrorMessage('x')"))
    with pytest.raises(Refused, match="can't be seen"):
        pro.open_in_pane("Tool")


def test_an_exception_in_validation_comes_out(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="{}['missing']"))
    with pytest.raises(KeyError):
        pro.open_in_pane("Tool")


# Pro's own validation


def test_required_values(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write())
    pane = pro.open_in_pane("Tool")
    assert pane["text"].message == "ERROR 000735: Text: Value is required"
    outcome = pane.run()
    assert (outcome.executed, outcome.succeeded) == (False, False)
    assert outcome.texts(2)[0] == "Failed to execute. Parameters are not valid."


def test_filter_membership_is_000800(pro: Pro, box: Box) -> None:
    only = PARAMETERS.replace("q.value = -1", "q.value = -1; q.filter.list = [-1]")
    pro.add_toolbox(box.write(parameters=only))
    with pytest.raises(ExecuteError, match="ERROR 000800"):
        pro.call("Tool", "a", 2)
    assert pro.call("Tool", "a").status == 4


def test_range_filters(pro: Pro, box: Box) -> None:
    ranged = PARAMETERS.replace("q.value = -1", "q.value = 2; q.filter.type = 'Range'; q.filter.list = [1, 3]")
    pro.add_toolbox(box.write(parameters=ranged))
    assert pro.call("Tool", "a", 3).status == 4
    with pytest.raises(NotModelled):
        pro.call("Tool", "a", 4)


@pytest.mark.parametrize(("datatype", "valid"), [(["DEMapServer"], False), (["DEMapServer", "GPString"], True)])
def test_existence_is_pluggable_and_string_is_the_safety_valve(box: Box, datatype: list[str], valid: bool) -> None:
    parameters = f"return [arcpy.Parameter('service', 'Service', datatype={datatype})]"
    with Pro(exists=lambda kind, text: False) as pro:
        pro.add_toolbox(box.write(parameters=parameters))
        pane = pro.open_in_pane("Tool")
        pane.edit("service", "https://h/server/rest/services/R/MapServer")
        assert pane["service"].hasError() is not valid
        assert ("000732" in pane["service"].message) is not valid


def test_model_validation(pro: Pro, box: Box) -> None:
    mark = "[p.setWarningMessage('derived') for p in parameters if p.isInputValueDerived()]"
    pro.add_toolbox(box.write(messages=mark))
    by_name = pro.model_validate("Tool", derived={"text": None})
    assert by_name["text"].message == "derived"
    assert pro.model_validate("Tool")["text"].message.startswith("ERROR 000735")
    assert pro.model_validate("Tool", {"text": "%Value%"})["text"].valueAsText == "%Value%"


def test_a_models_process_is_validated_twice_and_then_run(pro: Pro, box: Box) -> None:
    seen = "messages.addMessage(' '.join(str(p.isInputValueDerived()) for p in parameters))\n"
    give = "parameters[2].value = f'{parameters[0].valueAsText}, {parameters[1].value}'"
    pro.add_toolbox(box.write(execute=seen + give))
    outcome, outputs = pro.model_run("Tool", {"text": "%Site%/a"}, {"number": "7"}, {"Site": "https://h"})
    assert (outcome.texts(0), outputs) == (["False True False"], {"out": "https://h/a, 7"})
    assert pro.calls == ["getParameterInfo", *ROUND, "getParameterInfo", *ROUND, "execute"]


# Outside execute: text only


@pytest.mark.parametrize("method", ["init", "parameters", "updates", "messages"])
@pytest.mark.parametrize(
    "talk",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 1)",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "open('/etc/hostname').close()",
    ],
)
def test_nothing_is_opened_outside_execute(pro: Pro, box: Box, method: str, talk: str) -> None:
    body = f"{talk}\n{textwrap.dedent(PARAMETERS)}" if method == "parameters" else talk
    with pytest.raises(TalkedTooEarly):
        pro.add_toolbox(box.write(**{method: body}))
        pro.open_in_pane("Tool")


def test_a_thread_and_a_swallowed_refusal_help_nobody(pro: Pro, box: Box) -> None:
    talk = """
    import socket, threading
    def talk():
        try:
            socket.socket()
        except Exception:
            pass
    thread = threading.Thread(target=talk); thread.start(); thread.join()
    """
    pro.add_toolbox(box.write(messages=talk))
    with pytest.raises(TalkedTooEarly):
        pro.open_in_pane("Tool")


def test_execute_may_talk_and_so_may_threads_that_were_there_before(pro: Pro, box: Box) -> None:
    asked, answered, done = threading.Event(), [], threading.Event()

    def bystander() -> None:
        asked.wait(30)
        socket.socket().close()
        answered.append(True)
        done.set()

    thread = threading.Thread(target=bystander)
    thread.start()
    sys.modules["bystander"] = type(sys)("bystander")
    vars(sys.modules["bystander"]).update(asked=asked, done=done)
    try:
        pro.add_toolbox(
            box.write(
                messages="import bystander; bystander.asked.set(); bystander.done.wait(30)",
                execute="import socket; socket.socket().close()",
            )
        )
        assert pro.call("Tool", "a").status == 4
    finally:
        asked.set()
        thread.join()
        del sys.modules["bystander"]
    assert answered == [True]


@pytest.mark.parametrize(
    "early",
    [
        "arcpy.GetSigninToken()",
        "arcpy.GetActivePortalURL()",
        "arcpy.AddMessage('x')",
        "arcpy.SetProgressor('default', 'x')",
        "arcpy.env.autoCancelling = False",
        "arcpy.env.workspace",
    ],
)
def test_what_belongs_to_execute_is_refused_in_validation(pro: Pro, box: Box, early: str) -> None:
    pro.add_toolbox(box.write(messages=early))
    with pytest.raises(Refused):
        pro.open_in_pane("Tool")
