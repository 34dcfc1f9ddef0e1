"""Pro's own validation of a tool's parameters, between updateParameters and updateMessages (pyt.md 2.2).

GP/understanding-validation-in-script-tools.htm: required values are there, types are right, values are members of
their filters, and data elements exist. Texts and ids: pyt.md 2.4. A bad type is 000840 here; Pro may say 000859.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .datatypes import DATA_ELEMENTS, LABELS
from .parameter import Parameter, has_type, id_message, several
from .refusals import NotModelled, Refused, refuse

Exists = Callable[[str, str], bool]
"""Whether a text names an existing element of a data type; what Pro says of a service is unknown (pyt.md 10 b)."""


def check_definition(parameters: list[Parameter]) -> None:
    """Refuse what defining-parameters-in-a-python-toolbox.htm and understanding-tool-syntax.htm rule out."""
    names: set[str] = set()
    optional_seen = False
    for parameter in parameters:
        name, kind = parameter.name, parameter.parameterType
        if not isinstance(name, str) or not name.isidentifier():
            refuse(Refused(f"a parameter needs a Python name, not {name!r}"))
        if not parameter.displayName:
            refuse(Refused(f"{name} has no label"))
        if name in names:
            refuse(Refused(f"two parameters are called {name}"))
        names.add(name)
        if kind == "Derived" and parameter.direction != "Output":
            refuse(Refused(f"{name} is derived, so its direction is Output"))
        if kind == "Required" and optional_seen:
            refuse(Refused(f"{name} is required and comes after an optional one"))
        optional_seen = optional_seen or kind == "Optional"


def validate(parameters: Iterable[Parameter], exists: Exists) -> None:
    """One round: messages are cleared, problems set, and everything counts as validated."""
    for parameter in parameters:
        state = parameter._state
        state.say(0, "")
        problem = _problem(parameter, exists)
        if problem:
            state.say(2, problem)
        state.validated = True


def _problem(parameter: Parameter, exists: Exists) -> str | None:
    text, label = parameter.valueAsText, parameter.displayName
    if parameter.parameterType == "Derived":
        return None
    if text is None:
        missing = parameter.parameterType == "Required" and not parameter.isInputValueDerived()
        return id_message("ERROR", 735, label) if missing else None
    kinds = parameter._kinds()
    given = parameter._state.given
    # A composite with a String takes any text, so each of several values is of its type.
    if parameter.multiValue and not (set(kinds) <= {"GPDouble", "GPString"} or "GPString" in kinds):
        refuse(NotModelled(f"the validation of several values of type {kinds}"))
    if not all(has_type(one, kinds) for one in (several(given) if parameter.multiValue else [given])):
        return id_message("ERROR", 840, LABELS[kinds[0]])
    # An output needn't exist; what Pro says to one that does depends on its settings, and isn't modelled.
    elements = [kind for kind in kinds if kind in DATA_ELEMENTS and parameter.direction == "Input"]
    if len(elements) == len(kinds) and not any(exists(kind, text) for kind in elements):
        return id_message("ERROR", 732, label, text)
    return _filter_problem(parameter) if len(kinds) == 1 and not parameter.multiValue else None


def _filter_problem(parameter: Parameter) -> str | None:
    """A File filter is for the browse dialog; what Pro says to another ending isn't documented, so nothing here."""
    members = parameter.filter.list
    if not members:
        return None
    if parameter.filter.type == "ValueList" and parameter.value not in members:
        return id_message("ERROR", 800, " | ".join(str(member) for member in members) + ".")
    if parameter.filter.type == "Range" and not members[0] <= parameter.value <= members[1]:
        return refuse(NotModelled("the text of a value outside its range"))
    return None
