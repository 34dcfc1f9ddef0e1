"""Many services, asked side by side: all of a site, or those that were named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ..errors import CacheToolsError, Cancelled, DeadlinePassed, Moved, NotArcGIS, NotAService, ServerSaysNo
from ..naming.address import safe_text
from ..naming.files import find_service
from ..naming.service import ServiceReference
from ..naming.site import SitePart, names_a_site
from ..proof.site_caches import Ending, UnreadRow, Why, found_of
from ..proof.site_report import SiteReport
from ..server.catalog import Listing, read_listing
from ..server.connections import SharedConnections
from ..server.looks import OF_MANY_TRIES, closer_look_at_one_of_many
from ..server.moved import moved_site
from ..server.portal import find_portal
from ..server.signin import OpenSite
from ..server.wire import PlainWire
from .access import Access
from .lanes import Lanes
from .relay import Relay, relayed
from .session import Session
from .survey import Survey, What

AT_A_TIME = 4
"""Requests to one site at a time."""
PROGRESS_EVERY = 1.0

Next = Callable[[], None]
"""What is done with an answer, in the thread that hears the answers."""


class InquirySession(Session):
    """One run whose work is in threads: each site is opened once, for all of them, and their words are relayed."""

    def __init__(self, access: Access) -> None:
        self.relay = Relay(access.messages, access.clock)
        super().__init__(relayed(access, self.relay))

    def unsigned(self) -> PlainWire:
        """A wire that is signed in nowhere, for requests side by side. Raises nothing."""
        trust = self.trust()
        return PlainWire(trust, self.run, SharedConnections(trust, AT_A_TIME))


class _Inquiry:
    """Services are asked side by side; what comes of it is noted in the thread that made this."""

    def __init__(self, session: InquirySession, part: SitePart | None) -> None:
        self._session, self._run = session, session.run
        self._clock = session.access.clock
        self._survey = Survey(part, self._clock.now())
        self._work: Lanes[Next] = Lanes(session.relay, AT_A_TIME)
        self._site: OpenSite | None = None
        self._shown_at = float("-inf")

    def until_its_end(self) -> SiteReport:
        """The report, whole, or as far as it came.

        Raises what keeps a site from being listed at all, and nothing that one service may cause.
        """
        ending = Ending.WHOLE
        try:
            for go_on in self._work.outcomes(self._show_progress):
                go_on()
        except (Cancelled, DeadlinePassed) as error:
            if not self._has_begun:
                raise
            ending = Ending.CANCELLED if isinstance(error, Cancelled) else Ending.NO_TIME
        self._session.messages.progress(self._survey.label, self._survey.percent)
        self._session.relay.hand_on()
        told = (self._site.account, self._site.info.version) if self._site is not None else ()
        return self._session.secrets.blotted_value(self._survey.report(ending, self._clock.now(), *told))

    @property
    def _has_begun(self) -> bool:
        """True where it is known of services that are to be asked."""
        return True

    def _asked(self, site: OpenSite, service: ServiceReference) -> Next:
        try:
            look = closer_look_at_one_of_many(site.wire, service)
        except CacheToolsError as error:
            return self._unread(service, error)
        return partial(self._survey.note, service, found_of(service, look, self._clock.now()))

    def _unread(self, what: What, error: CacheToolsError) -> Next:
        """What goes wrong with one is noted for it alone. Raises Cancelled and DeadlinePassed, which end all."""
        self._run.go_on()
        why = Why.NOT_PERMITTED if error.exit_code == 4 else Why.UNREADABLE
        words = f"the server says '{error.server_words}'" if isinstance(error, ServerSaysNo) else error.what
        return partial(self._survey.note, what, UnreadRow(what, why, words))

    def _show_progress(self) -> None:
        """How far it is. Raises Cancelled and DeadlinePassed."""
        self._run.go_on()
        now = self._clock.monotonic()
        if self._has_begun and now - self._shown_at >= PROGRESS_EVERY:
            self._shown_at = now
            self._session.messages.progress(self._survey.label, self._survey.percent)


class SiteInquiry(_Inquiry):
    """All map and image services of a site, or of one of its folders, as the site lists them."""

    def __init__(self, session: InquirySession, part: SitePart) -> None:
        super().__init__(session, part)
        self._work.add(part.site, partial(self._opening_part, part))

    @property
    def _has_begun(self) -> bool:
        return self._site is not None

    def _opening_part(self, part: SitePart) -> Next:
        site = _site_of(part, self._session)
        return partial(self._begin, site, part, read_listing(site.wire, part))

    def _begin(self, site: OpenSite, part: SitePart, listing: Listing) -> None:
        self._site = site
        self._take_up(site, part, listing)

    def _take_up(self, site: OpenSite, part: SitePart, listing: Listing) -> None:
        """Ask for everything that is listed there, folders first, so that it is soon known how much there is."""
        self._survey.note_understood(part)
        for text in listing.unnamed:
            self._survey.note(text, UnreadRow(text, Why.NO_SERVICE, f"{part.url} lists it."))
        for folder in listing.folders:
            if self._survey.expect(folder):
                self._work.add(site.url, partial(self._listed, site, folder))
        for service in listing.services:
            if self._survey.expect(service):
                self._work.add(site.url, partial(self._asked, site, service))

    def _listed(self, site: OpenSite, folder: SitePart) -> Next:
        try:
            listing = read_listing(site.wire, folder, tries=OF_MANY_TRIES)
        except CacheToolsError as error:
            return self._unread(folder, error)
        return partial(self._take_up, site, folder, listing)


class NamedInquiry(_Inquiry):
    """Services that were named one by one, perhaps of several sites; each site is opened once, beside the others."""

    def __init__(self, session: InquirySession, texts: Iterable[str]) -> None:
        super().__init__(session, None)
        self.first_error: CacheToolsError | None = None
        self._sites: dict[str, OpenSite | CacheToolsError] = {}
        self._waiting: dict[str, list[ServiceReference]] = {}
        for text in texts:
            self._survey.expect(text)
            self._work.add("", partial(self._named, text))

    @property
    def opened(self) -> bool:
        """True where any site could be opened."""
        return any(isinstance(site, OpenSite) for site in self._sites.values())

    def _named(self, text: str) -> Next:
        try:
            return partial(self._take_up_named, text, find_service(text, self._run))
        except CacheToolsError as error:
            self._run.go_on()
            return partial(self._refuse, text, _site_among_services(text) if names_a_site(text) else error)

    def _refuse(self, text: str, error: CacheToolsError) -> None:
        self.first_error = self.first_error or error
        shown = safe_text(text)
        self._survey.note_understood(text)
        self._survey.note(shown, UnreadRow(shown, Why.NO_SERVICE, f"{error.what} {error.remedy}".rstrip()))

    def _take_up_named(self, text: str, service: ServiceReference) -> None:
        self._survey.note_understood(text)
        if not self._survey.expect(service):
            return
        if service.site not in self._waiting:
            self._work.add(service.site, partial(self._opening, service))
        self._waiting.setdefault(service.site, []).append(service)
        self._ask_those_that_wait(service.site)

    def _opening(self, service: ServiceReference) -> Next:
        try:
            site: OpenSite | CacheToolsError = self._session.site_of(service)
        except CacheToolsError as error:
            self._run.go_on()
            site = error
        return partial(self._take_up_site, service.site, site)

    def _take_up_site(self, url: str, site: OpenSite | CacheToolsError) -> None:
        self._sites[url] = site
        if isinstance(site, CacheToolsError):
            self.first_error = self.first_error or site
        self._ask_those_that_wait(url)

    def _ask_those_that_wait(self, url: str) -> None:
        site = self._sites.get(url)
        if site is None:
            return
        for service in self._waiting[url]:
            if isinstance(site, OpenSite):
                self._work.add(url, partial(self._asked, site, service))
            else:
                self._unread(service, site)()
        self._waiting[url].clear()


def _site_among_services(text: str) -> NotAService:
    return NotAService(
        f"'{safe_text(text)}' is a site or a folder of one, which can't be reported on together with others.",
        "Report on it by itself.",
    )


def _site_of(part: SitePart, session: Session) -> OpenSite:
    try:
        return session.site_at(part.site)
    except Moved as moved:
        raise moved_site(moved, part) from moved
    except (NotArcGIS, ServerSaysNo) as error:
        if find_portal(session.unsigned(), part.site) is None:
            raise
        raise NotAService(
            f"{part.site} is a portal; caches are kept by its servers.",
            "Give one of its servers, such as https://gis.example.com/server. Hosted tile layers are in the folder"
            " Hosted.",
        ) from error
