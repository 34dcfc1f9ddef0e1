"""The way back from a deletion: the tiling scheme in files, and the call that makes an empty cache of it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .scheme import EXPLODED, TilingScheme, in_digits
from .scheme_files import conf_cdi, conf_xml, root_json

NOT_SHOWN = "not shown by the server: fill in the value"
NOT_LISTED = "of the cache, but none that the tool's documentation lists"
LISTED = {
    "tile_size": ("128 x 128", "256 x 256", "512 x 512", "1024 x 1024"),
    "cache_tile_format": ("PNG", "PNG8", "PNG24", "PNG32", "JPEG", "MIXED"),
}
ANY_DIRECTORY = "<a cache directory that is registered with the server>"


@dataclass(frozen=True)
class WayBack:
    """What was saved before the submit.

    `files` are paths, `not_on_the_wire` the keys of these files that the service doesn't show, `call` is Python for
    ArcGIS Pro.
    """

    files: tuple[str, ...]
    not_on_the_wire: tuple[str, ...]
    call: str

    def as_dict(self) -> dict[str, Any]:
        """The way back as a receipt has it."""
        return {"files": list(self.files), "not_on_the_wire": list(self.not_on_the_wire), "call": self.call}


def way_back_from_dict(fields: dict[str, Any] | None) -> WayBack | None:
    """The way back that `as_dict` has written. Raises LookupError or TypeError for anything else."""
    if fields is None:
        return None
    files, keys = fields["files"], fields["not_on_the_wire"]
    if not isinstance(files, list) or not isinstance(keys, list):
        raise TypeError("its files or keys aren't lists")
    return WayBack(tuple(map(str, files)), tuple(map(str, keys)), str(fields["call"]))


def files_of(scheme: TilingScheme) -> dict[str, str]:
    """The texts of the files that carry the scheme, by what their names end with; conf.xml is the first."""
    texts = {
        ".conf.xml": conf_xml(scheme),
        ".conf.cdi": conf_cdi(scheme),
        ".root.json": root_json(scheme) if scheme.may_be_ready_to_serve else "",
    }
    return {ending: text for ending, text in texts.items() if text}


def create_call(scheme: TilingScheme, service_url: str, conf_file: str, cache_directory: str = "") -> str:
    """The call of Create Map Server Cache in ArcGIS Pro, every text in it a literal (family.md 5).

    Where no cache directory is known, the call says so in its place.
    """
    storage = "EXPLODED" if scheme.storage_format == EXPLODED else "COMPACT"
    arguments = {
        "input_service": service_url,
        "service_cache_directory": cache_directory or ANY_DIRECTORY,
        "tiling_scheme_type": "PREDEFINED",
        "scales_type": "CUSTOM",
        "num_of_scales": len(scheme.lods),
        "dots_per_inch": round(scheme.dpi),
        "tile_size": f"{scheme.cols} x {scheme.rows}",
        "predefined_tiling_scheme": conf_file,
        "tile_origin": f"{in_digits(scheme.origin_x)} {in_digits(scheme.origin_y)}",
        "scales": ";".join(in_digits(lod.scale) for lod in scheme.lods),
        "cache_tile_format": scheme.tile_format.upper(),
        "tile_compression_quality": scheme.quality or 0,
        "storage_format": storage,
    }
    told = {
        "service_cache_directory": bool(cache_directory),
        "tile_compression_quality": scheme.quality is not None,
        "storage_format": bool(scheme.storage_format),
    }
    remarks = {
        **{name: NOT_SHOWN for name, is_told in told.items() if not is_told},
        **{name: NOT_LISTED for name, listed in LISTED.items() if arguments[name] not in listed},
    }
    lines = (
        f"    {name}={value!a},{f'  # {remarks[name]}' if name in remarks else ''}\n"
        for name, value in arguments.items()
    )
    return f"import arcpy\n\narcpy.server.CreateMapServerCache(\n{''.join(lines)})\n"
