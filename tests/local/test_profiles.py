"""Profiles of the ArcGIS API for Python: which one is an account for a site, and what a file may be instead."""

from __future__ import annotations

import os
from pathlib import Path

import keyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from support.clocks import FastClock

from cachetools_core.account import Account, Found, Home, WhyNot
from cachetools_core.errors import Cancelled, DeadlinePassed
from cachetools_core.local.accounts import LARGEST_FILE, ArcGISProfiles, StoredInKeyring
from cachetools_core.waiting import Run

SITE = Home("https://gis.example.com:6443/arcgis", "https://gis.example.com:6443/arcgis")
PORTAL = Home("https://gis.example.com/server", "https://gis.example.com/portal", portal=True)
SERVER_PASSWORDS = "esri_ags_profile_passwords"
PORTAL_PASSWORDS = "arcgis_python_api_profile_passwords"


class Drawer(KeyringBackend):
    """Passwords of profiles; `asked` is what was asked for."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        return None if username == "without" else f"hush of {username}"

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def drawer() -> Drawer:
    one = Drawer()
    keyring.set_keyring(one)
    return one


def a_run(deadline: float = 1e6, factor: float = 1.0) -> Run:
    """Fast only where something hangs: a busy machine can take a tenth of a second for a file."""
    return Run(FastClock(factor), deadline, lambda: False)


def profile(name: str, url: str, *more: str) -> str:
    return "\n".join([f"[{name}]", f"url = {url}", *more, ""])


def write(home: Path, text: str, name: str = ".agsprofile") -> None:
    (home / name).write_text(text, encoding="utf-8")


def why_not(home: Home = SITE, username: str | None = None, run: Run | None = None) -> str:
    said = ArcGISProfiles(username).look(home, run or a_run())
    assert isinstance(said, WhyNot)
    return said.words


# Which one


def test_the_first_fitting_profile_with_a_password_is_the_account(drawer: Drawer, own_home: Path) -> None:
    url = "HTTPS://GIS.example.com:6443/ArcGIS/"
    text = profile("without", url, "username = u1") + profile("mine", url, "username = u2")
    write(own_home, text + profile("second", url, "username = u3"))
    found = ArcGISProfiles().look(SITE, a_run())
    assert found == Found(Account("u2", "hush of mine"), "profile 'mine' of the ArcGIS API for Python")
    assert drawer.asked == [(SERVER_PASSWORDS, "without"), (SERVER_PASSWORDS, "mine")]


def test_a_portals_profiles_are_in_another_file_and_another_drawer(drawer: Drawer, own_home: Path) -> None:
    write(own_home, profile("p", PORTAL.address, "username = u"))
    assert "profiles in ~/.arcgisprofile: no usable one for https://gis.example.com/portal" in why_not(PORTAL)
    write(own_home, profile("p", PORTAL.address, "username = u"), ".arcgisprofile")
    assert isinstance(ArcGISProfiles().look(PORTAL, a_run()), Found)
    assert drawer.asked == [(PORTAL_PASSWORDS, "p")]


def test_a_user_name_picks_the_profile(drawer: Drawer, own_home: Path) -> None:
    write(own_home, profile("a", SITE.address, "username = u1") + profile("b", SITE.address, "username = u2"))
    found = ArcGISProfiles("u2").look(SITE, a_run())
    assert isinstance(found, Found) and found.account == Account("u2", "hush of b")
    assert "no usable one" in why_not(username="U2")


def test_each_profile_that_is_passed_over_is_told_and_why(drawer: Drawer, own_home: Path) -> None:
    text = profile("without", SITE.address, "username = u1") + profile("o", SITE.address, "client_id = x")
    write(own_home, text + profile("elsewhere", "https://other.example.com/arcgis", "username = u"))
    assert why_not() == (
        "profile 'without' of the ArcGIS API for Python: its password isn't in the keyring of this user;"
        " profile 'o' of the ArcGIS API for Python: it signs in without a password;"
        " profiles in ~/.agsprofile: no usable one for https://gis.example.com:6443/arcgis"
    )
    assert drawer.asked == [(SERVER_PASSWORDS, "without")]


@pytest.mark.parametrize(
    "url", ["http://[", "https://evil\\@gis.example.com:6443/arcgis", "", "//x", "https://h:port/", "%", "no address"]
)
def test_a_profile_whose_address_can_not_be_read_is_nobodys(drawer: Drawer, own_home: Path, url: str) -> None:
    write(own_home, profile("x", url, "username = admin"))
    assert "no usable one" in why_not() and drawer.asked == []


# What a file may be instead


@pytest.mark.parametrize("content", [b"no section\n", b"\xff\xfe\x00", b"[p\nurl=x\n", b"[p]\nurl\n"])
def test_a_file_that_can_not_be_read_is_told_by_the_kind_of_trouble(own_home: Path, content: bytes) -> None:
    (own_home / ".agsprofile").write_bytes(content)
    assert why_not().startswith("profiles in ~/.agsprofile: unreadable (") and why_not().endswith("Error)")


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[default]", "[x]", "[", "[DEFAULT]", f"url = {SITE.address}", "url = http://[", "url",
                "url = https://evil\\@gis.example.com:6443/arcgis", "username = admin", "username = %(url)s",
                "client_id = x", "= y", "   more", "\ufeff[x]", "\0",
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=150)
@given(st.one_of(LINES.map("\n".join).map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=60)))
def test_any_file_ends_in_an_account_or_a_reason(own_home: Path, drawer: Drawer, content: bytes) -> None:
    (own_home / ".agsprofile").write_bytes(content)
    said = ArcGISProfiles().look(SITE, a_run())
    words = said.place if isinstance(said, Found) else said.words
    assert words.isprintable()


def test_no_file_is_no_trouble(own_home: Path) -> None:
    assert why_not() == "profiles in ~/.agsprofile: no usable one for https://gis.example.com:6443/arcgis"


def test_a_folder_in_its_place(own_home: Path) -> None:
    (own_home / ".agsprofile").mkdir()
    assert why_not() in (
        "profiles in ~/.agsprofile: unreadable (IsADirectoryError)",
        "profiles in ~/.agsprofile: unreadable (PermissionError)",
    )


def test_a_pipe_that_nobody_fills_is_left_alone_after_a_while(own_home: Path) -> None:
    os.mkfifo(own_home / ".agsprofile")
    assert why_not(run=a_run(factor=100.0)) == "profiles in ~/.agsprofile: unreadable (no answer)"


def test_a_pipe_that_nobody_fills_stands_under_the_deadline_and_heeds_a_cancel(own_home: Path) -> None:
    os.mkfifo(own_home / ".agsprofile")
    with pytest.raises(DeadlinePassed):
        why_not(run=a_run(5.0, 100.0))
    with pytest.raises(Cancelled):
        why_not(run=Run(FastClock(100.0), 1e6, lambda: True))


def test_a_file_without_an_end_is_read_so_far_and_no_further(own_home: Path) -> None:
    with (own_home / ".agsprofile").open("wb") as file:
        file.truncate(LARGEST_FILE * 1000)
    assert "unreadable" in why_not()


@pytest.mark.parametrize("home", ["/dev/null", "/" + "x" * 5000, "/no/such/home", "", "relative"])
def test_an_odd_home_is_a_reason_and_no_trouble(monkeypatch: pytest.MonkeyPatch, home: str, drawer: Drawer) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, home)
    assert why_not().startswith("profiles in ~/.agsprofile: ")
    assert isinstance(StoredInKeyring("u").look(SITE, a_run()), Found)
