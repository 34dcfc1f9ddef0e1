"""`arcpy.Parameter`: what the class page documents and nothing else (pyt.md 1.1 to 1.3)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .datatypes import DATA_ELEMENTS, FILTERS, KEYWORDS
from .extent import WORDS, read_extent
from .refusals import NotModelled, Refused, RefusedAttribute, refuse

CREATION_ONLY = (
    "name",
    "displayName",
    "direction",
    "datatype",
    "parameterType",
    "multiValue",
    "category",
    "controlCLSID",
    "displayOrder",
    "parameterDependencies",
)
"""The ten that "cannot be modified during validation methods" (class page of 3.5 and later)."""

READ_ONLY = ("valueAsText", "altered", "hasBeenValidated", "filter", "filters", "schema", "message")
PLAIN = ("symbology", "defaultEnvironmentName")
NOT_MODELLED = ("columns", "charts", "schema")
MASK = "******"
"""How a hidden text is shown; that the history has no more of it is inferred from "masked by * characters"."""

MESSAGES = {
    530: "There are no fields to choose from",
    732: "{}: Dataset {} does not exist or is not supported",
    735: "{}: Value is required",
    800: "The value is not a member of {}",
    840: "The value is not a {}",
}
"""Texts of message ids (pyt.md 2.4); the end of 000530 and the place of the label are remembered, not documented."""

WHOLE_NUMBERS = range(-(2**31), 2**31)


class GeoprocessingValue:
    """What `value` gives for a data element: an object, not text (pyt.md 1.2), so a tool must read `valueAsText`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __getattr__(self, name: str) -> Any:
        raise RefusedAttribute(f"a geoprocessing value object has no documented attribute {name}")


class MapLayer:
    """A layer of the open map given to a tool; as text it is its name in the map (pyt.md 5, inferred)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    @property
    def dataSource(self) -> str:
        """Raises, as it does on a tiled service layer (pyt.md 5, reported by users)."""
        raise RuntimeError("The attribute 'dataSource' is not supported on this instance of Layer")

    def supports(self, name: str) -> bool:
        """False: a tiled service layer has no data source."""
        return False


class Filter:
    """A parameter's filter; `type` and `list` may be set (CL/filter.htm)."""

    def __init__(self, datatype: str) -> None:
        object.__setattr__(self, "_allowed", FILTERS.get(datatype, ()))
        object.__setattr__(self, "type", self._allowed[0] if self._allowed else None)
        object.__setattr__(self, "list", [])

    _allowed: tuple[str, ...]
    type: str | None
    list: list[Any]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("type", "list"):
            refuse(RefusedAttribute(f"a filter has no attribute {name}"))
        if name == "type" and value not in self._allowed:
            refuse(Refused(f"this data type takes no {value} filter, only {self._allowed}"))
        if name == "list" and not self._allowed:
            refuse(Refused("this data type takes no filter"))
        if name == "list" and self.type == "Range" and value and not (len(value) == 2 and value[0] <= value[1]):
            refuse(Refused(f"a Range filter is [lowest, highest], not {value}"))
        object.__setattr__(self, name, value)


class _State:
    """What Pro keeps of a parameter between two calls of the tool."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {
            "controlCLSID": None,
            "displayOrder": None,
            "parameterDependencies": None,
            "defaultEnvironmentName": None,
        }
        self.enabled = True
        self.given: Any = None
        self.altered = False
        self.validated = False
        self.derived = False
        self.sealed = False
        self.severity = 0
        self.message = ""
        self.filter: Filter | None = None

    def say(self, severity: int, text: str) -> None:
        """Replaces what was said before: a parameter shows one message."""
        if not isinstance(text, str):
            refuse(Refused(f"a parameter's message is text, not {type(text).__name__}"))
        self.severity, self.message = severity, text


class Parameter:
    """The documented constructor: nine keywords, in this order; every other attribute is set afterwards.

    Writing an unknown or read-only attribute is refused, and after getParameterInfo any of the ten creation-only ones.
    `severity` is on no page, so it doesn't exist here. `setParameterTip` exists in newer releases only, so a tool that
    calls it without asking `hasattr` fails here. `columns`, `charts` and `schema` aren't modelled, `value` isn't for
    several values and `values` isn't for one: what they give there isn't documented.
    """

    _state: _State

    name: Any  # text, once the constructor is done
    displayName: Any

    def __init__(
        self,
        name: str | None = None,
        displayName: str | None = None,
        direction: str = "Input",
        datatype: Any = "GPString",
        parameterType: str = "Required",
        enabled: bool = True,
        category: str | None = None,
        symbology: str | None = None,
        multiValue: bool = False,
    ) -> None:
        object.__setattr__(self, "_state", _State())
        self.name = name
        self.displayName = displayName
        self.direction = direction
        self.datatype = datatype
        self.parameterType = parameterType
        self.enabled = enabled  # type: ignore[misc] # __setattr__ takes it
        self.category = category
        self.symbology = symbology
        self.multiValue = multiValue

    @classmethod
    def _sharing(cls, state: _State) -> Parameter:
        """Another object for the same parameter: a tool that keeps the object itself keeps nothing."""
        parameter = object.__new__(cls)
        object.__setattr__(parameter, "_state", state)
        return parameter

    def __setattr__(self, name: str, value: Any) -> None:
        state = self._state
        if name in NOT_MODELLED:
            refuse(NotModelled(f"Parameter.{name}"))
        if name in READ_ONLY:
            refuse(RefusedAttribute(f"Parameter.{name} is read-only"))
        if name in CREATION_ONLY:
            if state.sealed:
                refuse(RefusedAttribute(f"Parameter.{name} cannot be modified once getParameterInfo is done"))
            _check(name, value)
            state.stored[name] = value
        elif name in PLAIN:
            state.stored[name] = value
        elif name == "enabled":
            if not isinstance(value, bool):
                refuse(Refused("Parameter.enabled is True or False"))
            state.enabled = value
        elif name == "value":
            self._take(value)
        else:
            refuse(RefusedAttribute(f"Parameter has no attribute {name}"))

    def __getattr__(self, name: str) -> Any:
        if name in NOT_MODELLED:
            refuse(NotModelled(f"Parameter.{name}"))
        if name in CREATION_ONLY or name in PLAIN:
            return self._state.stored[name]
        raise AttributeError(f"Parameter has no attribute {name}")

    @property
    def enabled(self) -> bool:
        """Whether the pane shows the parameter; False hides it, and its messages with it (pyt.md 2.3)."""
        return self._state.enabled

    @property
    def value(self) -> Any:
        """None, an int, float, bool or str by the data type; an object for extents, data elements and layers."""
        if self.multiValue:
            refuse(NotModelled("Parameter.value of several values"))
        return None if self._state.given is None else _value(self._state.given, self._kinds())

    @property
    def values(self) -> list[Any] | None:
        """The values of a multivalue parameter, None when it is empty; only several numbers or texts are modelled."""
        if not self.multiValue:
            refuse(NotModelled("Parameter.values of one value"))
        if len(self._kinds()) > 1:
            refuse(NotModelled("Parameter.values of a composite data type"))
        given = self._state.given
        return None if given is None else [_value(one, self._kinds()) for one in several(given)]

    @property
    def valueAsText(self) -> str | None:
        """Text or None, always; several values are joined by `;`, those with spaces in quotes (pyt.md 5).

        That one with a semicolon is quoted too is inferred: it couldn't be told from two otherwise.
        """
        given = self._state.given
        if given is None:
            return None
        if not self.multiValue:
            return _text(given, self._kinds())
        texts = [_text(one, self._kinds()) for one in several(given)]
        return ";".join(f"'{text}'" if " " in text or ";" in text else text for text in texts)

    @property
    def _shown(self) -> str | None:
        """What Pro's history and a result show of it."""
        hidden = self._kinds() == ["GPStringHidden"] and self._state.given is not None
        return MASK if hidden else self.valueAsText

    @property
    def altered(self) -> bool:
        """True once the user has changed the value, until it is emptied."""
        return self._state.altered

    @property
    def hasBeenValidated(self) -> bool:
        """False when the value changed since the last internal validation, which sets it True for every parameter."""
        return self._state.validated

    @property
    def message(self) -> str:
        """The text of the message that the parameter shows."""
        return self._state.message

    @property
    def filter(self) -> Filter:
        """The one filter of a parameter with one data type; what it is on a composite isn't documented."""
        if len(self._kinds()) > 1:
            refuse(NotModelled("Parameter.filter of a composite data type"))
        if self._state.filter is None:
            self._state.filter = Filter(self._kinds()[0])
        return self._state.filter

    @property
    def filters(self) -> list[Filter]:
        """Not modelled: composite and value-table filters."""
        return refuse(NotModelled("Parameter.filters"))

    def setErrorMessage(self, message: str) -> None:
        """The tool will not run."""
        self._state.say(2, message)

    def setWarningMessage(self, message: str) -> None:
        """The tool runs."""
        self._state.say(1, message)

    def setIDMessage(
        self,
        messageType: str,
        messageID: int,
        AddArgument1: Any = None,
        AddArgument2: Any = None,
    ) -> None:
        """A message by its id; only the ids of MESSAGES are known here."""
        severity = {"ERROR": 2, "WARNING": 1}.get(messageType.upper())
        if severity is None or messageID not in MESSAGES:
            refuse(NotModelled(f"setIDMessage({messageType}, {messageID})"))
        self._state.say(severity, id_message(messageType.upper(), messageID, AddArgument1, AddArgument2))

    def clearMessage(self) -> None:
        """Show no message."""
        self._state.say(0, "")

    def hasError(self) -> bool:
        """True if the message is an error."""
        return self._state.severity == 2

    def hasWarning(self) -> bool:
        """True if the message is a warning."""
        return self._state.severity == 1

    def isInputValueDerived(self) -> bool:
        """True in a model's validation when the value is another tool's output."""
        return self._state.derived

    def _kinds(self) -> list[str]:
        datatype = self._state.stored["datatype"]
        return list(datatype) if isinstance(datatype, (list, tuple)) else [datatype]

    def _take(self, value: Any) -> None:
        self._state.given = None if isinstance(value, (str, list, tuple)) and not value else value
        self._state.validated = False


def id_message(kind: str, number: int, *arguments: Any) -> str:
    """`ERROR 000735: Input Service: Value is required`."""
    return f"{kind} {number:06}: " + MESSAGES[number].format(*arguments)


def has_type(given: Any, kinds: list[str]) -> bool:
    """Whether a value is of its parameter's one data type; any text may name a data element."""
    named = len(kinds) > 1 or kinds[0] in DATA_ELEMENTS or (kinds[0] == "GPExtent" and given in WORDS)
    return named or _value(given, kinds) is not None


def several(given: Any) -> list[Any]:
    """The values of a list, or of a text in which they are joined as `valueAsText` joins them."""
    if isinstance(given, (list, tuple)):
        return list(given)
    values, quoted = [""], False
    for letter in str(given):
        if letter == "'":
            quoted = not quoted
        elif letter == ";" and not quoted:
            values.append("")
        else:
            values[-1] += letter
    return values


def _value(given: Any, kinds: list[str]) -> Any:
    if len(kinds) == 1 and kinds[0] in READERS:
        return READERS[kinds[0]](given)
    if isinstance(given, MapLayer):
        return given
    if any(kind in DATA_ELEMENTS for kind in kinds):
        return GeoprocessingValue(str(given))
    return refuse(NotModelled(f"the value of a parameter of type {kinds}"))


def _text(given: Any, kinds: list[str]) -> str:
    """A number without a needless `.0` and a bool in small letters (both inferred); what can't be read stays as is."""
    value = _value(given, kinds) if kinds[0] in READERS and len(kinds) == 1 and given not in WORDS else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(given if value is None else value)


def _whole_number(given: Any) -> int | None:
    """A Long out of 2, 2.0 or "2"; None where it is none (that a bool is none, and the 32 bits, are inferred)."""
    if isinstance(given, bool):
        return None
    try:
        number = float(given)
        whole = int(given) if isinstance(given, (int, str)) else int(number)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == number and whole in WHOLE_NUMBERS else None


def _double(given: Any) -> float | None:
    """A Double out of a number or its text with a point; None where it is none. Pro's user may write a comma."""
    if isinstance(given, bool):
        return None
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _boolean(given: Any) -> bool | None:
    """A Boolean out of a bool or `true` and `false` in any case (inferred)."""
    return given if isinstance(given, bool) else {"true": True, "false": False}.get(str(given).lower())


READERS: dict[str, Callable[[Any], Any]] = {
    "GPLong": _whole_number,
    "GPDouble": _double,
    "GPBoolean": _boolean,
    "GPExtent": read_extent,
    "GPString": str,
    "GPStringHidden": str,
}


def _check(name: str, value: Any) -> None:
    if name == "direction" and value not in ("Input", "Output"):
        refuse(Refused(f"direction is Input or Output, not {value!r}"))
    if name == "parameterType" and value not in ("Required", "Optional", "Derived"):
        refuse(Refused(f"parameterType is Required, Optional or Derived, not {value!r}"))
    if name == "datatype":
        kinds = value if isinstance(value, (list, tuple)) else [value]
        unknown = [kind for kind in kinds if kind not in KEYWORDS]
        if unknown or not kinds:
            refuse(Refused(f"unknown data type {unknown or value!r}"))
