"""Store Server Sign-In and Remove Server Sign-In: an account is tried first, and kept only where it is taken."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backends.null
import pytest
from support.body_server import BodyServer, Page
from support.clocks import FastClock
from support.listener import Listener
from support.signing_in import Drawer, token_requests
from support.story import account_of, delete

from cachetools_core.account import Account, Place
from cachetools_core.errors import (
    CacheToolsError,
    Cancelled,
    CertificateFileError,
    JournalError,
    KeyringRefused,
    Moved,
    NotArcGIS,
    SignInRefused,
    SiteNotKept,
    UnsafeSignIn,
    WrongUsage,
)
from cachetools_core.proof.sign_ins import StoredSignIn
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.session import Session
from cachetools_core.tools.sign_in import remove_sign_in, store_sign_in, stored_sign_ins


class Box(Drawer):
    """A keyring in memory that can also take accounts out; `searchable` False is one that needs the user name."""

    def __init__(self, searchable: bool = True) -> None:
        super().__init__()
        self.searchable = searchable

    def get_credential(self, service: str, username: str | None) -> object | None:  # type: ignore[override]
        return super().get_credential(service, username) if username or self.searchable else None

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture
def box() -> Box:
    one = Box()
    keyring.set_keyring(one)
    return one


def access(server: Rehearsal, password: str | None = None, **more: object) -> Access:
    account = Account(server.username, server.password if password is None else password)
    return Access(**{"account": account, "ca_file": server.ca_file, "place": Place.PANE, **more})  # type: ignore[arg-type]


def files_of(home: Path) -> list[Path]:
    return [file for file in home.rglob("*") if file.is_file()]


def nothing_kept(box: Box, home: Path) -> bool:
    return not box.entries and not files_of(home)


# Storing


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_what_is_stored_is_what_a_later_run_finds(
    rehearsal: Callable[..., Rehearsal], box: Box, own_home: Path, kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    home = server.portal or server.site
    stored = store_sign_in(f"{server.site}/rest/services/", access(server, cache_directory=own_home))
    assert (stored.site, stored.address, stored.username) == (server.site, home, server.username)
    assert box.entries == {(f"CacheTools:{home}", server.username): server.password}
    receipt = delete(server, account=None, ca_file=None)
    assert (receipt.verdict.value, receipt.account) == ("deleted", server.username), str(receipt.error)
    assert Session(Access()).cache_directory_of(server.site) == own_home
    assert Session(Access(cache_directory="/caches")).cache_directory_of(server.site) == Path("/caches")


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_no_password_is_in_any_file_or_word(
    rehearsal: Callable[..., Rehearsal], box: Box, own_home: Path, kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    heard = Listener()
    stored = store_sign_in(server.site, access(server, messages=heard))
    removed = remove_sign_in(server.site, access=Access(messages=heard))
    said = f"{stored!r}{stored.to_text()}{stored.to_dict()}{removed.to_text()}{stored_sign_ins()}{vars(heard)}"
    assert server.password not in said and server.username in said
    kept = [file.read_text(encoding="utf-8") for file in files_of(own_home)]
    assert kept and not any(server.password in content for content in kept)


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_wrong_password_stores_nothing_and_is_sent_once(
    rehearsal: Callable[..., Rehearsal], box: Box, own_home: Path, kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    with pytest.raises(SignInRefused) as refused:
        store_sign_in(server.site, access(server, "wrong-canary", cache_directory=own_home))
    assert nothing_kept(box, own_home) and len(token_requests(server)) == 1
    assert refused.value.exit_code == 4 and "canary" not in str(refused.value)


def test_a_site_that_is_not_trusted_is_sent_nothing(server: Rehearsal, box: Box, own_home: Path) -> None:
    with pytest.raises(CacheToolsError) as refused:
        store_sign_in(server.site, access(server, ca_file=None))
    assert refused.value.message_id == "CT204" and nothing_kept(box, own_home) and server.requests == []


def test_a_portal_can_be_named_itself(rehearsal: Callable[..., Rehearsal], box: Box) -> None:
    server = rehearsal(federated=True)
    stored = store_sign_in(f"{server.portal}/home/", access(server))
    assert stored.address == server.portal
    assert list(box.entries) == [(f"CacheTools:{server.portal}", server.username)]
    assert delete(server, account=None, ca_file=None).verdict.value == "deleted"


def test_a_wrong_password_at_a_portal_stores_nothing(
    rehearsal: Callable[..., Rehearsal], box: Box, own_home: Path
) -> None:
    server = rehearsal(federated=True)
    with pytest.raises(SignInRefused):
        store_sign_in(str(server.portal), access(server, "wrong"))
    assert nothing_kept(box, own_home)


def test_a_portal_elsewhere_has_to_be_named_first(
    rehearsal: Callable[..., Rehearsal], box: Box, own_home: Path
) -> None:
    """Whether that portal is the caller's, only the caller can say."""
    server = rehearsal(federated=True)
    info = {
        "currentVersion": 11.3,
        "owningSystemUrl": server.portal,
        "authInfo": {"isTokenBasedSecurity": True, "tokenServicesUrl": f"{server.portal}/sharing/rest/generateToken"},
    }
    with BodyServer(lambda path: json.dumps(info).encode() if path == "rest/info" else None) as elsewhere:
        with pytest.raises(UnsafeSignIn) as refused:
            store_sign_in(elsewhere.site, access(server))
        assert nothing_kept(box, own_home) and server.requests == []
        assert f"the tool Store Server Sign-In, for the site {server.portal}." in str(refused.value)
        store_sign_in(str(server.portal), access(server))
        server.set_web_context(elsewhere.site)  # now the portal knows it as one of its servers
        stored = store_sign_in(elsewhere.site, access(server, cache_directory=own_home))
        assert (stored.address, stored.cache_directory) == (server.portal, str(own_home))
        with pytest.raises(UnsafeSignIn):
            store_sign_in(elsewhere.site, access(server, "another password"))


def test_what_is_no_site_stores_nothing(box: Box, own_home: Path) -> None:
    with BodyServer(lambda path: b"<html>a page</html>") as page, pytest.raises(NotArcGIS):
        store_sign_in(page.site, Access(account=Account("u", "p-canary")))
    assert nothing_kept(box, own_home)


def test_a_site_that_takes_no_sign_in_stores_nothing(box: Box, own_home: Path) -> None:
    with (
        BodyServer(lambda path: b'{"currentVersion": 11.3}' if path == "rest/info" else None) as site,
        pytest.raises(SignInRefused, match="gave no token for this account, so nothing was stored"),
    ):
        store_sign_in(site.site, Access(account=Account("u", "p-canary")))
    assert nothing_kept(box, own_home)


@pytest.mark.parametrize(
    "account", [None, Account("", "p"), Account("u", ""), Account(" ", "p")], ids=["none", "no user", "empty", "blank"]
)
def test_half_an_account_is_refused_before_any_request(
    server: Rehearsal, box: Box, own_home: Path, account: Account | None
) -> None:
    with pytest.raises(WrongUsage):
        store_sign_in(server.site, access(server, account=account))
    assert nothing_kept(box, own_home) and server.requests == []


@pytest.mark.parametrize("name", ["gone", "x" * 300])
def test_a_cache_directory_that_is_not_there_is_refused_before_any_request(
    name: str, server: Rehearsal, box: Box, own_home: Path
) -> None:
    with pytest.raises(WrongUsage, match="isn't there"):
        store_sign_in(server.site, access(server, cache_directory=own_home / name))
    assert nothing_kept(box, own_home) and server.requests == []


def test_only_certificates_are_kept_of_a_ca_file(server: Rehearsal, box: Box, tmp_path: Path) -> None:
    pem = Path(str(server.ca_file)).read_text(encoding="ascii")
    both = tmp_path / "both.pem"
    both.write_text(f"{pem}-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n", encoding="ascii")
    stored = store_sign_in(server.site, access(server, ca_file=both))
    assert Path(stored.certificate_file).read_text(encoding="ascii").split() == pem.split()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_without_certificates_is_refused(
    server: Rehearsal, box: Box, own_home: Path, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="ascii")
    with pytest.raises(CertificateFileError):
        store_sign_in(server.site, access(server, ca_file=file))
    assert nothing_kept(box, own_home) and server.requests == []


def test_a_keyring_that_keeps_nothing_is_told(server: Rehearsal, own_home: Path) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    with pytest.raises(KeyringRefused, match="what is read back isn't what was stored"):
        store_sign_in(server.site, access(server))
    assert files_of(own_home) == []


def test_a_machine_without_a_keyring_is_told(server: Rehearsal, own_home: Path) -> None:
    with pytest.raises(KeyringRefused, match="NoKeyringError") as refused:
        store_sign_in(server.site, access(server))
    assert refused.value.exit_code == 4 and server.password not in str(refused.value)
    assert refused.value.__context__ is None and files_of(own_home) == []


def test_a_cancel_during_the_sign_in_stores_nothing(server: Rehearsal, box: Box, own_home: Path) -> None:
    class Impatient(Listener):
        def cancelled(self) -> bool:
            return bool(token_requests(server))

    server.fault("blackhole-after@token")
    with pytest.raises(Cancelled):
        store_sign_in(server.site, access(server, messages=Impatient()))
    assert nothing_kept(box, own_home)


def test_a_cancel_that_comes_once_it_is_signed_in_breaks_nothing_off(server: Rehearsal, own_home: Path) -> None:
    class Pressing(Listener):
        def cancelled(self) -> bool:
            if self.cancel_now:
                heeded.set()
            return self.cancel_now

    class Slow(Box):
        def set_password(self, service: str, username: str, password: str) -> None:
            heard.cancel_now = True
            heeded.wait(1.0)  # a run that heeds the cancel asks for it meanwhile
            super().set_password(service, username, password)

    heard, box, heeded = Pressing(), Slow(), threading.Event()
    keyring.set_keyring(box)
    store_sign_in(server.site, access(server, messages=heard))
    assert len(box.entries) == 1 and [one.usernames for one in stored_sign_ins()] == [(server.username,)]


def test_a_keyring_that_hangs_is_told_after_a_while(server: Rehearsal, own_home: Path) -> None:
    class Hanging(Box):
        def set_password(self, service: str, username: str, password: str) -> None:
            leave.wait()

    leave = threading.Event()
    keyring.set_keyring(Hanging())
    try:
        with pytest.raises(KeyringRefused, match="waiting for somebody"):
            store_sign_in(server.site, access(server, clock=FastClock(100.0)))
    finally:
        leave.set()
    assert files_of(own_home) == []


# Removing


def test_after_removing_a_run_says_where_it_looked(rehearsal: Callable[..., Rehearsal], box: Box) -> None:
    server = rehearsal(federated=True)
    store_sign_in(server.site, access(server))
    removed = remove_sign_in(server.site)
    assert removed.accounts == ((server.portal, server.username),) and box.entries == {}
    receipt = delete(server, account=None, place=Place.PANE)
    assert receipt.error is not None and receipt.error.message_id == "CT401"
    assert f"keyring entry 'CacheTools:{server.portal}': nothing found" in str(receipt.error)
    assert f"Store an account with the tool Store Server Sign-In, for the site {server.site}." in str(receipt.error)
    assert "--" not in str(receipt.error)


def test_without_a_user_name_all_are_removed_that_can_be_found(server: Rehearsal, box: Box) -> None:
    publisher = account_of(server, "publisher")
    for account in (account_of(server), publisher):
        store_sign_in(server.site, access(server, account=account))
    box.set_password(f"CacheTools:{server.site}", "by hand", "p")
    box.set_password("CacheTools:https://elsewhere.example.com", "another", "p")
    assert remove_sign_in(server.site, publisher.username).count == 1
    assert {user for _, user in box.entries} == {server.username, "by hand", "another"}
    removed = remove_sign_in(server.site)
    assert {user for _, user in removed.accounts} == {server.username, "by hand"}
    assert remove_sign_in(server.site).count == 0
    assert list(box.entries) == [("CacheTools:https://elsewhere.example.com", "another")]


def test_a_keyring_that_can_not_be_searched_gives_up_the_noted_users_and_asks_for_others(server: Rehearsal) -> None:
    box = Box(searchable=False)
    keyring.set_keyring(box)
    store_sign_in(server.site, access(server))
    assert remove_sign_in(server.site).count == 1 and box.entries == {}
    box.set_password(f"CacheTools:{server.site}", "by hand", "p")
    nothing = remove_sign_in(server.site)
    assert nothing.count == 0 and "name the user" in nothing.to_text()
    assert remove_sign_in(server.site, "by hand").count == 1 and box.entries == {}


def test_nothing_is_stored_where_what_is_kept_of_the_site_can_not_be_read(
    server: Rehearsal, box: Box, own_home: Path
) -> None:
    store_sign_in(server.site, access(server))
    (file,) = (file for file in files_of(own_home) if file.suffix == ".json")
    file.write_text("{", encoding="utf-8")
    box.entries.clear()
    with pytest.raises(SiteNotKept, match="can't be read"):
        store_sign_in(server.site, access(server))
    assert box.entries == {}


def test_what_is_stored_is_told_where_it_can_not_be_noted(server: Rehearsal, box: Box, own_home: Path) -> None:
    store_sign_in(server.site, access(server))
    (certificates,) = {file.parent for file in files_of(own_home) if file.suffix == ".pem"}
    shutil.rmtree(certificates)
    certificates.write_text("a file in its place", encoding="utf-8")
    with pytest.raises(SiteNotKept, match="The account itself is in the keyring"):
        store_sign_in(server.site, access(server))
    assert len(box.entries) == 1


def test_a_keyring_that_only_says_that_it_removes_is_told(server: Rehearsal, box: Box) -> None:
    store_sign_in(server.site, access(server))
    box.delete_password = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(KeyringRefused, match="it is still there"):
        remove_sign_in(server.site)
    assert stored_sign_ins()[0].usernames == (server.username,)


def test_what_was_removed_is_told_also_where_the_keyring_fails_afterwards(server: Rehearsal) -> None:
    class Failing(Box):
        def get_credential(self, service: str, username: str | None) -> object | None:  # type: ignore[override]
            raise RuntimeError

    keyring.set_keyring(Failing())
    store_sign_in(server.site, access(server))
    removed = remove_sign_in(server.site)
    assert removed.count == 1 and "There may be more" in removed.to_text()
    with pytest.raises(KeyringRefused, match="can't be looked for"):
        remove_sign_in(server.site)


def test_what_stays_of_a_site_is_told(server: Rehearsal, box: Box, own_home: Path) -> None:
    stored = store_sign_in(server.site, access(server, cache_directory=own_home))
    words = remove_sign_in(server.site).to_text()
    assert str(own_home) in words and stored.certificate_file in words


# What is kept


def test_the_list_shows_addresses_and_users_until_they_are_removed(
    rehearsal: Callable[..., Rehearsal], box: Box
) -> None:
    server = rehearsal(federated=True)
    store_sign_in(server.site, access(server))
    listed = {one.address: (one.usernames, one.signs_in_at) for one in stored_sign_ins()}
    assert listed == {server.portal: ((server.username,), ""), server.site: ((), server.portal)}
    remove_sign_in(server.site)
    assert stored_sign_ins() == ()


@pytest.mark.parametrize(
    "text",
    ["half a f", "{}", "[]", '{"address": 1, "usernames": [], "signs_in_at": "", "cache_directory": ""}', "\udcff"],
)
def test_a_file_that_can_not_be_read_is_named(server: Rehearsal, box: Box, own_home: Path, text: str) -> None:
    store_sign_in(server.site, access(server))
    (file,) = (own_home / "CacheTools" / "sites").iterdir()
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for ask in (stored_sign_ins, lambda: Session(Access()).cache_directory_of(server.site)):
        with pytest.raises(SiteNotKept, match="Delete that file") as told:
            ask()
        assert str(file) in str(told.value)


def test_a_place_that_can_not_be_written_is_told(server: Rehearsal, box: Box, own_home: Path) -> None:
    (own_home / "CacheTools").mkdir()
    (own_home / "CacheTools" / "sites").write_text("a file in the folder's place", encoding="ascii")
    with pytest.raises(SiteNotKept, match="can't be written"):
        store_sign_in(server.site, access(server))
    with pytest.raises(SiteNotKept, match="can't be read"):
        stored_sign_ins()
    assert box.entries == {} and server.requests == []


def test_a_site_that_is_elsewhere_is_offered_by_its_own_address(box: Box) -> None:
    elsewhere = Page(302, headers={"Location": "https://gis.example.com/arcgis/rest/info"})
    with BodyServer(lambda _: elsewhere) as asked, pytest.raises(Moved, match=r"give https://gis\S+/arcgis instead"):
        store_sign_in(asked.site, Access(account=Account("a", "b")))
    assert box.entries == {}


def test_a_user_without_a_home_is_told_before_any_request(
    server: Rehearsal, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, "relative")
    with pytest.raises(JournalError, match="no place for its files"):
        store_sign_in(server.site, access(server))
    assert box.entries == {} and server.requests == []


def test_a_stored_sign_in_shows_what_is_kept() -> None:
    stored = StoredSignIn("https://h/server", "https://h/portal", "publisher1", "/c.pem", "/caches")
    assert stored.to_text().splitlines() == [
        "Stored in the keyring: publisher1, under 'CacheTools:https://h/portal'.",
        "Certificates trusted for https://h/server: /c.pem",
        "Cache directory of https://h/server: /caches",
    ]
