"""How a run reaches the sites it works on: each is opened and signed in to once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ..account import Place
from ..errors import CacheToolsError, Moved, SiteNotKept
from ..local.accounts import ArcGISProfiles, StoredInKeyring
from ..local.folders import kept_certificate
from ..local.journal import Journal
from ..local.sites import kept_site
from ..messages import Messages
from ..naming.service import ServiceReference
from ..proof.evidence import Why, Witness, silent
from ..secrecy import Discreet, Secrets
from ..server.looks import Other
from ..server.moved import moved_service
from ..server.namesakes import namesake_of
from ..server.neighbours import Neighbours
from ..server.signin import OpenSite, sign_in
from ..server.site import SiteInfo, Task, open_site
from ..server.sources import ActivePortal, GivenAccount, NoActivePortal, Source
from ..server.submission import Notebook
from ..server.trust import Trust
from ..server.wire import PlainWire
from ..waiting import Run
from .access import Access
from .steady import Steady


class Session:
    """One run: its deadline counts from here, and each site is opened and signed in to once."""

    def __init__(self, access: Access, run: Run | None = None) -> None:
        """`run` is the time that a part of a run has; without it, that of a whole one begins."""
        self.access = access
        heard_by = Steady(access.messages)
        self.neighbours = Neighbours()
        """The other deletions of this run on the site: none."""
        self.run = run or Run(access.clock, access.deadline, heard_by.cancelled)
        self.secrets = self.run.secrets
        self.messages: Messages = Discreet(heard_by, self.secrets)
        self._sites: dict[str, OpenSite] = {}
        self._others: dict[str, tuple[Other, ...]] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def discreetly(self) -> AbstractContextManager[None]:
        """Errors that leave this block tell no secret."""
        return _Discreetly(self.secrets)

    def site_of(self, service: ServiceReference, hears: Messages | None = None) -> OpenSite:
        """The service's site, opened and signed in to; `hears` is told of it in place of the session's messages.

        Raises NoAnswer, ServerSaysNo, NoAccount, SignInRefused, UnsafeSignIn, CertificateFileError, Cancelled.
        """
        try:
            return self.site_at(service.site, hears)
        except Moved as moved:
            raise moved_service(moved, service) from moved

    def site_at(self, url: str, hears: Messages | None = None) -> OpenSite:
        """The site at this address, as `site_of` opens it. Raises as that does."""
        if url not in self._sites:
            self._sites[url] = self._open(url, hears or self.messages)
        return self._sites[url]

    def cache_directory_of(self, site: str) -> Path | None:
        """The folder of the site's caches, given or kept; None where nobody has named one. Raises SiteNotKept."""
        named = self.access.cache_directory or kept_site(site).cache_directory
        return Path(named) if named else None

    def others_of(self, service: ServiceReference) -> tuple[Other, ...]:
        """The witnesses of this service's cache beside the server's own: the disk, where its folder was named.

        The same ones each time, since a witness remembers what it saw. Raises as `site_of` does.
        """
        if service.url not in self._others:
            disk = self._disk_of(service)
            self._others[service.url] = () if disk is None else (disk,)
        return self._others[service.url]

    def _disk_of(self, service: ServiceReference) -> Other | None:
        wire = self.site_of(service).wire
        try:
            directory = self.cache_directory_of(service.site)
        except SiteNotKept as error:
            unreadable = silent(Witness.DISK, Why.UNREADABLE, error.what)
            return lambda _: unreadable
        if directory is None:
            return None
        from ..local.cache_folder import CacheFolder

        return CacheFolder(directory, service, self.run, lambda: namesake_of(wire, service)).ask

    def task(self, find: Callable[[], Task]) -> Task:
        """The task that does the work, as `find` finds it. Raises what that raises."""
        return find()

    def is_about(self, service: ServiceReference) -> bool:
        """True where the run does this service too, beside the one that the session is for. Raises nothing."""
        return False

    def names_of(self, service: ServiceReference) -> tuple[str, ...]:
        """The addresses at other ports or contexts that were found to lead to this service. Raises nothing."""
        return self._names.get(service.url, ())

    def note_names(self, service: ServiceReference, names: tuple[str, ...]) -> None:
        """From now on the session knows these addresses as names of the service."""
        self._names[service.url] = names

    def notebook_over(self, journal: Journal, service: ServiceReference) -> Notebook:
        """Where a job is noted before it is submitted: the journal. Raises nothing."""
        return journal

    def unsigned(self) -> PlainWire:
        """A wire that is signed in nowhere. Raises nothing."""
        return PlainWire(self.trust(), self.run)

    def trust(self) -> Trust:
        """The certificates that count. Raises nothing."""
        return Trust(ca_file=self.access.ca_file, kept=kept_certificate, place=self.access.place)

    def _open(self, url: str, hears: Messages) -> OpenSite:
        rest = self.unsigned()
        return self.signed_in(rest, open_site(rest, url), hears)

    def signed_in(self, rest: PlainWire, info: SiteInfo, hears: Messages) -> OpenSite:
        """The site, signed in to over this wire. Raises as `site_of` does."""
        access = self.access
        given = GivenAccount(access.account, access.username or None, access.place)
        others = other_sources(given.username, access.active_portal, access.place)
        last = () if access.last_resort is None else (access.last_resort,)
        site = sign_in(rest, info, given, (*others, *last))
        hears.info(f"Site {info.url}, ArcGIS Server {info.version}.")
        who = f"Signed in as {site.account}" if site.account else "Sign-in"
        hears.info(f"{who}: {site.found}.")
        if site.remark:
            hears.warning(site.remark)
        return site


class _Discreetly:
    """No generator: contextlib would give an error that leaves it the frames back that it came with."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, frames: object) -> None:
        if isinstance(error, CacheToolsError):
            raise self._secrets.blotted(error) from error.__cause__


def other_sources(
    username: str | None, active_portal: ActivePortal | None, place: Place = Place.SCRIPT
) -> tuple[Source, ...]:
    """Where an account is looked for after the caller's, in this order: Pro, the keyring, the ArcGIS API for Python."""
    return active_portal or NoActivePortal(), StoredInKeyring(username, place), ArcGISProfiles(username)
