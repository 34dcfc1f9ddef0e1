"""Which services' caches would lie in one folder of the cache directory."""

from __future__ import annotations

import pytest

from cachetools_core.naming.cache_folder import cache_folder_name, namesakes
from cachetools_core.naming.service import ServiceReference


def service(folder: str, name: str, kind: str = "MapServer") -> ServiceReference:
    return ServiceReference("https://gis.example.com/server", folder, name, kind)


@pytest.mark.parametrize(
    ("folder", "name", "called", "others"),
    [
        ("", "Rainfall", "Rainfall", {"Rainfall:ImageServer"}),
        ("F", "Rain", "F_Rain", {"F/Rain:ImageServer", "F_Rain:MapServer", "F_Rain:ImageServer"}),
        ("", "F_Rain", "F_Rain", {"F_Rain:ImageServer", "F/Rain:MapServer", "F/Rain:ImageServer"}),
        ("A", "B_C", "A_B_C", {"A/B_C:ImageServer", "A_B_C:MapServer", "A_B_C:ImageServer", "A_B/C:MapServer",
                               "A_B/C:ImageServer"}),
        ("", "_A_", "_A_", {"_A_:ImageServer"}),
        ("", "A__B", "A__B", {"A__B:ImageServer", "A/_B:MapServer", "A/_B:ImageServer", "A_/B:MapServer",
                              "A_/B:ImageServer"}),
    ],
)  # fmt: skip
def test_a_folder_can_belong_to_these_services(folder: str, name: str, called: str, others: set[str]) -> None:
    one = service(folder, name)
    assert cache_folder_name(one) == called
    assert {str(other) for other in namesakes(one)} == others
    assert {cache_folder_name(other) for other in namesakes(one)} == {called}


def test_the_map_is_a_namesake_of_the_image_service() -> None:
    assert namesakes(service("", "Rainfall", "ImageServer")) == (service("", "Rainfall"),)
