"""A strict stand-in for arcpy and for what ArcGIS Pro does with a Python toolbox, from public documentation only.

Each rule names its source: a documentation page (`GP`, `FN` and `CL` stand for the folders
arcpy/geoprocessing_and_python, arcpy/functions and arcpy/classes of https://pro.arcgis.com/en/pro-app/latest) or a
section of the project's fact sheet, pyt.md. What is inferred, remembered or unknown says so. It accepts nothing that
isn't listed: a name that it doesn't have is an AttributeError, a use that Pro forbids is `Refused`, and a use that
nobody has documented is `NotModelled`. No test here can say what a real Pro does; tests/pro/smoke.py asks one.
"""

from .extent import Extent, SpatialReference
from .parameter import GeoprocessingValue, MapLayer, Parameter
from .pro import Pane, Pro
from .refusals import NotModelled, Refused, RefusedAttribute, TalkedTooEarly
from .session import ExecuteError, Outcome, Result, Session

__all__ = [
    "ExecuteError",
    "Extent",
    "GeoprocessingValue",
    "MapLayer",
    "NotModelled",
    "Outcome",
    "Pane",
    "Parameter",
    "Pro",
    "Refused",
    "RefusedAttribute",
    "Result",
    "Session",
    "SpatialReference",
    "TalkedTooEarly",
]
