"""What is kept of a site on this machine beside its passwords, which are in the keyring alone.

One small JSON file a site: the user names that were stored for it, where it has people sign in, and the folder of its
caches; and the file of certificates that `server.trust` reads. A keyring can't always be searched, so the user names
stand here too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import CertificateFileError, SiteNotKept
from ..messages import reason
from ..naming.address import safe_path
from . import own_files
from .folders import application_folder, application_folders, file_name_for, kept_certificate, other_place

VERSION = 1
FOLDER = "sites"
LARGEST_CA_FILE = 10_000_000
CERTIFICATE = re.compile(r"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class KeptSite:
    """What is kept of a site, or of a portal; `address` is its own, without a trailing slash.

    `usernames` are those of the accounts stored under this address. `signs_in_at` is the address under which the
    accounts of a federated site are stored, and `cache_directory` the folder of its caches; both may be empty.
    """

    address: str
    usernames: tuple[str, ...] = ()
    signs_in_at: str = ""
    cache_directory: str = ""

    def with_user(self, username: str) -> KeptSite:
        """The same with this user, once."""
        return replace(self, usernames=tuple(dict.fromkeys((*self.usernames, username))))

    def without_user(self, username: str) -> KeptSite:
        """The same without this user."""
        return replace(self, usernames=tuple(one for one in self.usernames if one != username))


def kept_site(address: str) -> KeptSite:
    """What is kept of the site with this address, which may be nothing. Raises SiteNotKept for an unreadable file."""
    folders = application_folders()
    try:
        return _read(_file_in(folders[0], address)) if folders else KeptSite(address)
    except FileNotFoundError:
        return KeptSite(address)


def every_kept_site() -> Iterator[KeptSite]:
    """All that is kept of sites and portals, sorted by file. Raises SiteNotKept for an unreadable file."""
    for folder in application_folders()[:1]:
        for file in _listed(folder / FOLDER):
            with suppress(FileNotFoundError):  # removed by another run meanwhile
                yield _read(file)


def check_keepable() -> None:
    """Raises SiteNotKept where keep_site would, as far as that shows untried, and JournalError as it does."""
    folder = application_folder() / FOLDER
    try:
        own_files.check_folder(folder)
    except OSError as error:
        raise _not_kept(folder, error) from error


def keep_site(site: KeptSite) -> None:
    """Write what is kept of a site, in place of what was; a site of which nothing is kept loses its file.

    Raises SiteNotKept, and JournalError where this user has no place for files.
    """
    file = _file_in(application_folder(), site.address)
    try:
        if site == KeptSite(site.address):
            file.unlink(missing_ok=True)
        else:
            own_files.make_folder(file.parent)
            own_files.write_text(file, json.dumps({"schema_version": VERSION, **asdict(site)}, indent=1))
    except OSError as error:
        raise _not_kept(file, error) from error


def read_certificates(ca_file: str | os.PathLike[str]) -> str:
    """The certificates of a PEM file, and nothing else that may stand in it, such as a private key.

    Raises CertificateFileError.
    """
    shown = safe_path(str(ca_file))
    try:
        with Path(ca_file).open("rb") as stream:
            content = stream.read(LARGEST_CA_FILE).decode("ascii", errors="ignore")
    except OSError as error:
        raise CertificateFileError(f"The CA file {shown} can't be read: {reason(error)}.") from error
    found = [match.group() for match in CERTIFICATE.finditer(content)]
    if not found:
        raise CertificateFileError(f"The CA file {shown} holds no certificate in PEM form.")
    return "\n".join([*found, ""])


def keep_certificates(authority: str, certificates: str) -> Path:
    """Make these the certificates that are kept for an authority, such as `https://gis.example.com:6443`.

    Raises SiteNotKept, and JournalError where this user has no place for files.
    """
    file = kept_certificate(authority) or application_folder()
    try:
        own_files.make_folder(file.parent)
        own_files.write_text(file, certificates)
    except OSError as error:
        raise _not_kept(file, error) from error
    return file


def _listed(folder: Path) -> list[Path]:
    try:
        return own_files.entries_in(folder)
    except OSError as error:
        raise _unreadable(folder, error) from error


def _file_in(folder: Path, address: str) -> Path:
    return folder / FOLDER / f"{file_name_for(address)}.json"


def _read(file: Path) -> KeptSite:
    try:
        held = json.loads(own_files.read_text(file))
        return KeptSite(
            address=_of_type(str, held["address"]),
            usernames=tuple(_of_type(str, one) for one in _of_type(list, held["usernames"])),
            signs_in_at=_of_type(str, held["signs_in_at"]),
            cache_directory=_of_type(str, held["cache_directory"]),
        )
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(file, error) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SiteNotKept(
            f"{file} can't be read: it isn't what CacheTools has written.",
            "Delete that file; passwords are in the keyring and stay there.",
        ) from error


def _of_type(kind: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind)
    return value


def _unreadable(file: Path, error: OSError) -> SiteNotKept:
    return SiteNotKept(f"{file} can't be read: {reason(error)}.", f"Give this user access to it, or {other_place()}.")


def _not_kept(file: Path, error: OSError) -> SiteNotKept:
    return SiteNotKept(
        f"{file} can't be written: {reason(error)}.",
        f"Free some space there, give this user write access, or {other_place()}.",
    )
