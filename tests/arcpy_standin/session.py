"""The `arcpy` module that a tool sees, made anew for each session: documented names that toolboxes need, no others."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from .extent import Extent, SpatialReference
from .parameter import Parameter
from .refusals import NotModelled, Refused, RefusedAttribute, nothing_swallowed, refuse

INFORMATIVE, WARNING, ERROR = 0, 1, 2
SUCCEEDED = 4
CODES = {INFORMATIVE: 0, WARNING: 50, ERROR: 100}


class ExecuteError(Exception):
    """`arcpy.ExecuteError`; its text holds the error messages, one a line (pyt.md 2.4)."""


class ScriptAborted(BaseException):
    """Pro's own cancelling: "no opportunity to execute any code" is left (pyt.md 3); `except Exception` misses it."""


@dataclass
class Outcome:
    """What a run left behind, whether or not it came to execute."""

    tool: str
    inputs: list[str | None] = field(default_factory=list)
    outputs: list[str | None] = field(default_factory=list)
    messages: list[tuple[int, str]] = field(default_factory=list)
    progress: list[tuple[Any, ...]] = field(default_factory=list)
    executed: bool = False
    traceback_shown: bool = False
    aborted: bool = False

    @property
    def severity(self) -> int:
        """0, 1 or 2: the worst that was said."""
        return max((severity for severity, _ in self.messages), default=INFORMATIVE)

    @property
    def succeeded(self) -> bool:
        """Executed without an error message: "upon return the calling script receives a system error" otherwise."""
        return self.executed and self.severity < ERROR and not self.aborted

    def texts(self, severity: int = 3) -> list[str]:
        """The messages of one severity, or all."""
        return [text for kind, text in self.messages if severity in (kind, 3)]


class Result:
    """`arcpy.Result` of a tool that has ended well (CL/result.htm); a tool that fails raises and gives none."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.status = SUCCEEDED
        self.resultID = ""
        self.maxSeverity = outcome.severity
        self.messageCount = len(outcome.messages)
        self.inputCount = len(outcome.inputs)
        self.outputCount = len(outcome.outputs)

    def getOutput(self, index: int) -> str | None:
        """The parameters whose direction is Output, counted from 0; also one that wasn't given (inferred)."""
        return self._outcome.outputs[index]

    def getInput(self, index: int) -> str | None:
        """The inputs as text, counted from 0."""
        return self._outcome.inputs[index]

    def getMessages(self, severity: int = 3) -> str:
        """The messages, one a line. The start and end lines that Pro adds aren't modelled."""
        return "\n".join(self._outcome.texts(severity))

    def getMessage(self, index: int) -> str:
        """One message."""
        return self._outcome.messages[index][1]

    def getSeverity(self, index: int) -> int:
        """The severity of one message."""
        return self._outcome.messages[index][0]

    def getAllMessages(self) -> list[list[Any]]:
        """[type, code, text] each: 0 informative, 50 warning, 100 error."""
        return [[CODES[severity], 0, text] for severity, text in self._outcome.messages]

    def __getitem__(self, index: int) -> str | None:
        return self.getOutput(index)

    def __str__(self) -> str:
        return str(self.getOutput(0))


class Environment:
    """`arcpy.env`: autoCancelling, the read-only isCancelled, and for scripts the workspace; no other name."""

    _session: Session
    _auto_cancelling: bool
    _workspace: str | None

    def __init__(self, session: Session) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_auto_cancelling", True)
        object.__setattr__(self, "_workspace", None)

    @property
    def autoCancelling(self) -> bool:
        """True by default: Pro ends the script by itself (understanding-cancellation-behavior-in-script-tools.htm)."""
        self._session.touch()
        return self._auto_cancelling

    @property
    def isCancelled(self) -> bool:
        """True once the user has pressed Cancel."""
        self._session.polls += 1
        self._session.touch()
        return self._session.cancelled

    @property
    def workspace(self) -> str | None:
        """Scripts set it, as Esri's samples do; a tool that reads it would use an environment, which ours doesn't."""
        self._session.only_in("idle")
        return self._workspace

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "autoCancelling":
            if not isinstance(value, bool):
                refuse(Refused("autoCancelling is True or False"))
            self._session.only_in("executing", "idle")
            object.__setattr__(self, "_auto_cancelling", value)
        elif name == "workspace":
            self._session.only_in("idle")
            object.__setattr__(self, "_workspace", value)
        elif name == "isCancelled":
            refuse(RefusedAttribute("isCancelled is read-only"))
        else:
            refuse(RefusedAttribute(f"the stand-in has no environment {name}"))


class ToolMessages:
    """The `messages` of execute (GP/writing-messages-in-a-python-toolbox.htm)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def addMessage(self, message: str) -> None:
        """Severity 0."""
        self._session.say(INFORMATIVE, message)

    def addWarningMessage(self, message: str) -> None:
        """Severity 1."""
        self._session.say(WARNING, message)

    def addErrorMessage(self, message: str) -> None:
        """Severity 2; "will not throw an exception"."""
        self._session.say(ERROR, message)


class Session:
    """State of one Pro or script session: phase, messages, progressor, cancelling, sign-in."""

    def __init__(
        self,
        signin_token: Mapping[str, Any] | None,
        portal_url: str,
        cancel_when: Callable[[Session], bool],
    ) -> None:
        self.phase = "idle"
        self._thread = threading.get_ident()
        self.outcome = Outcome("")
        self.polls = 0
        self.cancelled = False
        self._cancel_when = cancel_when
        self._signin_token = signin_token
        self._portal_url = portal_url
        self._progressor: tuple[str, int, int] | None = None
        self.module = self._make_module()

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Say which call of the tool is going on, and don't let a refusal in it be swallowed."""
        before, self.phase = self.phase, phase
        self._thread = threading.get_ident()
        try:
            with nothing_swallowed():
                yield
        finally:
            self.phase = before

    def only_in(self, *phases: str) -> None:
        """Refuse what belongs to another phase."""
        if self.phase not in phases:
            refuse(Refused(f"this belongs to {' or '.join(phases)}, not to {self.phase}"))

    def touch(self) -> None:
        """Every arcpy call comes here: with autoCancelling on, a cancel ends the script after that "line of code".

        arcpy belongs to the thread that runs execute (pyt.md 7.4, inferred).
        """
        if self.phase == "executing":
            if threading.get_ident() != self._thread:
                refuse(Refused("arcpy was called in another thread than the one that runs execute"))
            self.cancelled = self.cancelled or self._cancel_when(self)
            if self.cancelled and self.module.env._auto_cancelling:
                raise ScriptAborted

    def say(self, severity: int, message: str) -> None:
        """One message of the running tool or script."""
        self.only_in("executing", "idle")
        if not isinstance(message, str):
            refuse(Refused(f"a message is text, not {type(message).__name__}"))
        self.outcome.messages.append((severity, message))
        self.touch()

    def _make_module(self) -> ModuleType:
        module = ModuleType("arcpy", "The stand-in for arcpy; see tests/arcpy_standin.")
        names: dict[str, Any] = {
            "Parameter": Parameter,
            "Extent": Extent,
            "SpatialReference": SpatialReference,
            "ExecuteError": ExecuteError,
            "env": Environment(self),
            "AddMessage": lambda message: self.say(INFORMATIVE, message),
            "AddWarning": lambda message: self.say(WARNING, message),
            "AddError": lambda message: self.say(ERROR, message),
            "GetMessages": lambda severity=3: "\n".join(self.outcome.texts(severity)),
            "GetMessageCount": lambda: len(self.outcome.messages),
            "GetMessage": lambda index: self.outcome.messages[index][1],
            "GetSeverity": lambda index: self.outcome.messages[index][0],
            "GetMaxSeverity": lambda: self.outcome.severity,
            "SetProgressor": self._set_progressor,
            "SetProgressorLabel": self._set_label,
            "SetProgressorPosition": self._set_position,
            "ResetProgressor": self._reset_progressor,
            "GetSigninToken": self._get_signin_token,
            "GetActivePortalURL": self._get_active_portal_url,
            "SignInToPortal": lambda *a, **k: refuse(Refused("a tool must not change the user's active portal")),
            "GetInstallInfo": lambda: {"ProductName": "ArcGISPro", "Version": "3.5", "LicenseLevel": "Advanced"},
            "ProductInfo": lambda: "ArcInfo",
        }
        for name, value in names.items():
            setattr(module, name, value)
        return module

    def _get_signin_token(self) -> dict[str, Any] | None:
        """None unless signed in, else token, referer, expires and messages (FN/getsignintoken.htm)."""
        self.only_in("executing", "idle")
        self.touch()
        return None if self._signin_token is None else dict(self._signin_token)

    def _get_active_portal_url(self) -> str:
        """With or without a trailing slash, may be empty (pyt.md 4)."""
        self.only_in("executing", "idle")
        self.touch()
        return self._portal_url

    def _set_progressor(
        self,
        type: str,
        message: str = "",
        min_range: int = 0,
        max_range: int = 100,
        step_value: int = 1,
    ) -> None:
        """FN/setprogressor.htm; numbers are whole, which that page's syntax table says."""
        self.only_in("executing")
        if type not in ("default", "step"):
            refuse(Refused(f"a progressor is default or step, not {type}"))
        if not all(isinstance(n, int) for n in (min_range, max_range, step_value)) or not min_range < max_range:
            refuse(Refused(f"a step progressor can't go from {min_range} to {max_range} by {step_value}"))
        self._progressor = (type, min_range, max_range)
        self.outcome.progress.append(("progressor", type, _text(message), min_range, max_range, step_value))
        self.touch()

    def _set_label(self, label: str) -> None:
        """FN/setprogressorlabel.htm; that it needs a progressor first is inferred."""
        if self._progressor is None:
            refuse(Refused("a label without a progressor"))
        self.outcome.progress.append(("label", _text(label)))
        self.touch()

    def _set_position(self, position: int | None = None) -> None:
        """FN/setprogressorposition.htm; that a default progressor has no position is inferred."""
        if self._progressor is None or self._progressor[0] != "step":
            refuse(Refused("a position without a step progressor"))
        if position is None:
            refuse(NotModelled("SetProgressorPosition without a position"))
        if not isinstance(position, int) or not self._progressor[1] <= position <= self._progressor[2]:
            refuse(Refused(f"the position {position} isn't in the range {self._progressor[1:]}"))
        self.outcome.progress.append(("position", position))
        self.touch()

    def _reset_progressor(self) -> None:
        """FN/resetprogressor.htm."""
        self._progressor = None
        self.outcome.progress.append(("reset",))
        self.touch()


def catalog_parts(path: Any) -> tuple[str, str]:
    """`…/CacheTools.pyt/DeleteMapServerCache` as toolbox and tool."""
    return os.path.split(os.fspath(path))


def is_alias(text: Any) -> bool:
    """Letters and digits only (pyt.md 2.1)."""
    return isinstance(text, str) and bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", text))


def _text(label: Any) -> str:
    return label if isinstance(label, str) else refuse(Refused(f"a label is text, not {type(label).__name__}"))
