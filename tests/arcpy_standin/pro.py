"""The drivers: what ArcGIS Pro, ModelBuilder and a script do with a toolbox, in the documented order (pyt.md 2.2)."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .parameter import Parameter
from .refusals import Refused, free_to_talk, refuse, text_only
from .session import (
    ERROR,
    ExecuteError,
    Outcome,
    Result,
    ScriptAborted,
    Session,
    ToolMessages,
    catalog_parts,
    is_alias,
)
from .validation import Exists, check_definition, validate

SYSTEM = "3d analysis bathymetry cartography conversion da ddd edit geocoding management mp na nax sa server stats"
SYSTEM_ALIASES = frozenset(SYSTEM.split())
"""Names that arcpy or its system toolboxes own (pyt.md 2.1); the list is remembered and not complete."""

KEPT_ARGUMENTS = (None, "", "#")
"""What leaves an optional argument at its default (GP/using-tools-in-python.htm)."""


class Pro:
    """A session with one or more toolboxes; as a context manager it is what `import arcpy` gives.

    `exists(datatype, text)` says whether a data element exists; `signin_token` is what GetSigninToken gives,
    `portal_url` what GetActivePortalURL gives; `cancel_when(session)` is asked at every arcpy call in execute, and once
    True stays True. Refusals are raised here even if the tool caught them.
    """

    def __init__(
        self,
        *,
        exists: Exists = lambda datatype, text: True,
        signin_token: Mapping[str, Any] | None = None,
        portal_url: str = "",
        cancel_when: Callable[[Session], bool] = lambda session: False,
    ) -> None:
        self.session = Session(signin_token, portal_url, cancel_when)
        self.arcpy = self.session.module
        vars(self.arcpy).update(
            ImportToolbox=self.import_toolbox,
            AddToolbox=self.import_toolbox,
            GetParameterInfo=self._get_parameter_info,
        )
        self.calls: list[str] = []
        self.instances: list[Any] = []
        self._exists = exists
        self._tools: dict[str, type[Any]] = {}

    def __enter__(self) -> Pro:
        if "arcpy" in sys.modules:
            raise RuntimeError("an arcpy is imported already")
        sys.modules["arcpy"] = self.arcpy
        self._path = list(sys.path)
        return self

    def __exit__(self, *_: object) -> None:
        del sys.modules["arcpy"]
        sys.path[:] = self._path

    @property
    def outcome(self) -> Outcome:
        """Of the last run."""
        return self.session.outcome

    def add_toolbox(self, path: Any) -> Any:
        """Execute the .pyt as Pro does, from its text and with only `__file__` set, and instantiate `Toolbox`.

        A traceback out of a .pyt names "<string>" (pyt.md 3). Its folder isn't put on sys.path: some public toolboxes
        rely on that, others don't, so ours must work without. What `__name__` is isn't documented; here no module of
        that name can be found.
        """
        path = Path(path)
        namespace: dict[str, Any] = {"__name__": f"{path.stem}.pyt", "__file__": str(path)}
        code = compile(path.read_text(encoding="utf-8"), "<string>", "exec", dont_inherit=True)
        with self.session.during("loading"), text_only():
            exec(code, namespace)
            toolbox = namespace["Toolbox"]()
        _check_toolbox(toolbox, namespace)
        self._tools.update({tool.__name__: tool for tool in toolbox.tools})
        for tool in toolbox.tools:
            _check_tool(self._fresh(tool.__name__))
        return toolbox

    def import_toolbox(self, input_file: Any) -> ModuleType:
        """FN/importtoolbox.htm; without its second argument, which has broken tools with an alias (pyt.md 2.4)."""
        toolbox = self.add_toolbox(input_file)
        module = ModuleType(toolbox.alias)
        names = [tool.__name__ for tool in toolbox.tools]
        vars(module)["__all__"] = names
        for name in names:
            setattr(module, name, self._function(name))
            setattr(self.arcpy, f"{name}_{toolbox.alias}", self._function(name))
        setattr(self.arcpy, toolbox.alias, module)
        return module

    def describe(self, tool: str) -> list[Parameter]:
        """The tool's parameters, sealed: getParameterInfo is over."""
        instance = self._fresh(tool)
        with self.session.during("describing"), text_only():
            self.calls.append("getParameterInfo")
            parameters = instance.getParameterInfo()
        if not isinstance(parameters, list) or not all(isinstance(p, Parameter) for p in parameters):
            refuse(Refused("getParameterInfo gives a list of arcpy.Parameter"))
        check_definition(parameters)
        for parameter in parameters:
            parameter._state.sealed = True
        return parameters

    def open_in_pane(self, tool: str) -> Pane:
        """Open the tool in the Geoprocessing pane."""
        return Pane(self, tool)

    def call(self, tool: str, *arguments: Any, **keywords: Any) -> Result:
        """`arcpy.<alias>.<Tool>(…)`: validation as in the pane, then execute; raises ExecuteError where either fails.

        In a script every parameter is altered and none has been validated (pyt.md 2.2).
        """
        parameters = self.describe(tool)
        for parameter, value in _bind(tool, parameters, arguments, keywords):
            parameter._take(value)
        for parameter in parameters:
            parameter._state.altered, parameter._state.validated = True, False
        outcome = self.run(tool, parameters)
        if not outcome.succeeded:
            raise ExecuteError("\n".join(outcome.texts(ERROR)))
        return Result(outcome)

    def model_validate(
        self,
        tool: str,
        values: Mapping[str, Any] | None = None,
        derived: Mapping[str, Any] | None = None,
    ) -> dict[str, Parameter]:
        """The validation that ModelBuilder does on open, connect and Validate.

        `values` are texts and variables of the model, which may hold `%name%`; `derived` are outputs of other tools:
        None or a placeholder (pyt.md 2.3).
        """
        parameters = self.describe(tool)
        by_name = {parameter.name: parameter for parameter in parameters}
        for name, value in {**(values or {}), **(derived or {})}.items():
            by_name[name]._take(value)
            by_name[name]._state.derived = name in (derived or {})
        self.licensed(tool)
        self.round(tool, parameters)
        return by_name

    def model_run(
        self,
        tool: str,
        values: Mapping[str, Any] | None = None,
        derived: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> tuple[Outcome, dict[str, str | None]]:
        """A process of a model: what ran, and the values of the tool's outputs by their names.

        The model is validated as it stands, then again with all values known, and the tool is run. `derived` are what
        other tools have given by then, `variables` what stands for each `%name%`, filled in before the tool sees the
        text (pyt.md 2.3). That a value still counts as derived when its process runs is inferred.
        """
        self.model_validate(tool, values, dict.fromkeys(derived or {}))
        parameters = self.describe(tool)
        for parameter in parameters:
            given = {**(values or {}), **(derived or {})}.get(parameter.name)
            if given is not None:
                parameter._take(_filled(given, variables or {}))
            parameter._state.derived = parameter.name in (derived or {})
        outcome = self.run(tool, parameters)
        return outcome, {p.name: p.valueAsText for p in parameters if p.direction == "Output"}

    def licensed(self, tool: str) -> bool:
        """isLicensed, where the tool has it."""
        return self._ask(tool, "isLicensed") is not False

    def round(self, tool: str, parameters: list[Parameter]) -> None:
        """updateParameters, Pro's own validation, updateMessages."""
        self._ask(tool, "updateParameters", parameters)
        self.calls.append("internal validation")
        validate(parameters, self._exists)
        self._ask(tool, "updateMessages", parameters)
        hidden = [p.name for p in parameters if p.hasError() and not p.enabled]
        if hidden:
            raise Refused(f"{hidden} can't be seen, and neither can the error on it (pyt.md 2.3)")

    def run(self, tool: str, parameters: list[Parameter]) -> Outcome:
        """A last round, then execute and postExecute, if nothing stands in the way."""
        outcome = self.session.outcome = Outcome(tool)
        licensed = self.licensed(tool)
        self.round(tool, parameters)
        errors = [] if licensed else ["ERROR 000824: The tool is not licensed."]
        errors += [parameter.message for parameter in parameters if parameter.hasError()]
        outcome.inputs = [p._shown for p in parameters if p.direction == "Input"]
        if errors:
            outcome.messages += [(ERROR, "Failed to execute. Parameters are not valid."), *((ERROR, e) for e in errors)]
        else:
            self._execute(tool, parameters, outcome)
        if not outcome.succeeded:
            outcome.messages.append((ERROR, f"Failed to execute ({tool})."))
        outcome.outputs = [p.valueAsText for p in parameters if p.direction == "Output"]
        return outcome

    def _execute(self, tool: str, parameters: list[Parameter], outcome: Outcome) -> None:
        instance = self._fresh(tool)
        outcome.executed = True
        with self.session.during("executing"), free_to_talk():
            self.calls.append("execute")
            try:
                instance.execute(_again(parameters), ToolMessages(self.session))
            except ScriptAborted:
                outcome.aborted = True
                outcome.messages.append((ERROR, f"Cancelled script {tool}... ({tool}) aborted by User."))
            except (KeyboardInterrupt, Refused):
                raise
            except BaseException:  # noqa: BLE001 (whatever leaves execute is what is recorded here)
                # Whether Pro prints one for a bare ExecuteError too isn't settled (pyt.md 3), so it counts as shown.
                outcome.traceback_shown = True
                outcome.messages.append((ERROR, traceback.format_exc()))
        if outcome.succeeded and hasattr(instance, "postExecute"):
            self._ask(tool, "postExecute", parameters)

    def _ask(self, tool: str, method: str, *arguments: list[Parameter]) -> Any:
        """One optional method on a new instance, with new Parameter objects: `self` keeps nothing (pyt.md 2.2).

        What the method raises comes out here: in Pro the tool would be "invalid" (000584).
        """
        instance = self._fresh(tool)
        if not hasattr(instance, method):
            return None
        with self.session.during("validating"), text_only():
            self.calls.append(method)
            return getattr(instance, method)(*(_again(parameters) for parameters in arguments))

    def _fresh(self, tool: str) -> Any:
        with self.session.during("loading"), text_only():
            instance = self._tools[tool]()
        self.instances.append(instance)
        return instance

    def _function(self, tool: str) -> Callable[..., Result]:
        return lambda *arguments, **keywords: self.call(tool, *arguments, **keywords)

    def _get_parameter_info(self, tool_path: Any) -> list[Parameter]:
        toolbox, tool = catalog_parts(tool_path)
        if tool not in self._tools:
            self.add_toolbox(toolbox)
        return self.describe(tool)


class Pane:
    """The tool open in the Geoprocessing pane."""

    def __init__(self, pro: Pro, tool: str) -> None:
        self._pro = pro
        self._tool = tool
        self._parameters = pro.describe(tool)
        self.licensed = pro.licensed(tool)
        pro.round(tool, self._parameters)

    def __getitem__(self, name: str) -> Parameter:
        return next(parameter for parameter in self._parameters if parameter.name == name)

    def edit(self, name: str, value: Any) -> None:
        """Change one value as a user does; emptying it (None or "") ends `altered`."""
        parameter = self[name]
        if parameter.parameterType == "Derived" or not parameter.enabled:
            raise ValueError(f"{name} isn't shown in the pane")
        parameter._take(value)
        parameter._state.altered = value not in (None, "")
        self._pro.round(self._tool, self._parameters)

    def run(self) -> Outcome:
        """Press Run."""
        return self._pro.run(self._tool, self._parameters)


def _again(parameters: Iterable[Parameter]) -> list[Parameter]:
    return [Parameter._sharing(parameter._state) for parameter in parameters]


def _filled(given: Any, variables: Mapping[str, str]) -> Any:
    for name, text in variables.items():
        given = given.replace(f"%{name}%", text) if isinstance(given, str) else given
    return given


def _bind(tool: str, parameters: list[Parameter], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Arguments to parameters; derived ones are no arguments (pyt.md 2.4). Raises TypeError as any function does."""
    takes = [parameter for parameter in parameters if parameter.parameterType != "Derived"]
    signature = inspect.Signature(
        [inspect.Parameter(p.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None) for p in takes]
    )
    try:
        bound = signature.bind(*arguments, **keywords).arguments
    except TypeError as error:
        raise TypeError(f"{tool}() {error}") from None
    for parameter in takes:
        value = bound.get(parameter.name)
        if not any(value is kept or (isinstance(value, str) and value == kept) for kept in KEPT_ARGUMENTS):
            yield parameter, value


def _check_toolbox(toolbox: Any, namespace: dict[str, Any]) -> None:
    """GP/a-template-for-python-toolboxes.htm, and the alias rules of pyt.md 2.1."""
    if not getattr(toolbox, "label", None) or not isinstance(toolbox.label, str):
        refuse(Refused("the toolbox has no label"))
    if not is_alias(getattr(toolbox, "alias", None)) or toolbox.alias.lower() in SYSTEM_ALIASES:
        refuse(Refused(f"{getattr(toolbox, 'alias', None)!r} can't be a toolbox alias"))
    if not isinstance(getattr(toolbox, "tools", None), list) or not toolbox.tools:
        refuse(Refused("the toolbox lists no tools"))
    for tool in toolbox.tools:
        if not isinstance(tool, type):
            refuse(Refused(f"{tool!r} is no class; tools are classes, not instances"))
        name = tool.__name__
        if namespace.get(name) is not tool:
            refuse(Refused(f"{name} isn't a global of the toolbox"))
        if "_" in name:
            refuse(Refused(f"{name}: underscores cause errors on ArcGIS Server"))


def _check_tool(tool: Any) -> None:
    """GP/defining-a-tool-in-a-python-toolbox.htm: a label, and execute(self, parameters, messages)."""
    name = type(tool).__name__
    if not isinstance(getattr(tool, "label", None), str) or not tool.label:
        refuse(Refused(f"{name} has no label"))
    if not hasattr(tool, "execute") or len(inspect.signature(tool.execute).parameters) != 2:
        refuse(Refused(f"{name} needs execute(self, parameters, messages)"))
