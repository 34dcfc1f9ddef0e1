"""Everything that can go wrong, each with a stable message id, an exit code and what to do next.

CacheToolsError
  NotAService            the text names no map or image service
  ConnectionFileError    an .ags or .lyrx file doesn't lead to one service
  CertificateFileError   a CA file can't be used
  WrongUsage             what was given is incomplete, or can't be used as it is
  NoAnswer               the wire: nothing readable came back
    NeverSent            no connection came about, so nothing was sent
      NotTrusted         the site's certificate was refused
    DeadlinePassed       time was up before the answer
    Moved                the site answers from another address
    NotArcGIS            something answered, but it isn't ArcGIS Server
  ServerSaysNo           an ArcGIS error object came back
    TokenRefused         498 or 499: the token isn't accepted
    NotPermitted         403: signed in, but not allowed
  NoAccount              no account was found for the site
  SignInRefused          the account was found, and refused
  UnsafeSignIn           a secret would have gone where it must not go
  KeyringRefused         the keyring can't keep an account or give one up
  CannotDelete           the look before says that a deletion can't start
  JournalError           the job couldn't be written down, so none was started
  AlreadyRunning         another process on this machine is deleting this cache
  ReceiptNotKept         the receipt of the run couldn't be written
  ReportNotWritten       the file of a report couldn't be written
  SiteNotKept            what is kept of a site on this machine can't be written or read
  Cancelled              stopped by the administrator
  Unexpected             a fault in CacheTools itself
  NotDeleted             the verdict `not-deleted`: the cache is still there
  PartlyDeleted          the verdict `partly-deleted`: some of it is left
  DeletedServiceDown     the verdict `deleted-service-down`: it is gone, and the service didn't come back
  StillRunning           the verdict `still-running`: the time is up and the server's job goes on
  Unknown                the verdict `unknown`: what could be read proves nothing
  NotAllDeleted          a run over several services, of which not every cache is gone
"""

from __future__ import annotations

from typing import Any, Literal

RefusalShape = Literal["rest", "admin", "other"]


class CacheToolsError(Exception):
    """An expected failure: `what` happened and where, `remedy` what to do next.

    `receipt` is the receipt of the run that ended in it (a `Receipt` of `cachetools_core`), None where there is none.
    It can be copied and pickled with all that it carries.
    """

    message_id = "CT000"
    exit_code = 1
    verdict = "not-deleted"
    remedy = ""

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy or type(self).remedy
        self.receipt: Any = None
        super().__init__(f"{self.message_id}: {self.what} {self.remedy}".rstrip())

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is rebuilt from `args` by default, which hold its text and none of its other fields.
        return _rebuilt, (type(self), self.args), self.__dict__


class NotAService(CacheToolsError):
    """The text doesn't name one map or image service."""

    message_id = "CT101"
    exit_code = 2
    remedy = "Give a service's address, for example https://gis.example.com/server/rest/services/Folder/Name/MapServer."


class ConnectionFileError(CacheToolsError):
    """A connection file or layer file doesn't lead to exactly one service."""

    message_id = "CT102"
    exit_code = 2


class CertificateFileError(CacheToolsError):
    """A file of certificates is missing or holds none."""

    message_id = "CT103"
    exit_code = 2
    remedy = "Give a PEM file that holds the certificate of the authority that signed the site's certificate."


class WrongUsage(CacheToolsError):
    """What was given, on the command line or as a parameter, is incomplete or can't be used as it is."""

    message_id = "CT104"
    exit_code = 2


class NoAnswer(CacheToolsError):
    """Nothing readable came back.

    `sent` is False where the request certainly never reached the server; `passing` is True where the same request may
    well be answered in a moment, `busy_for` the number of seconds after which whoever answered asks to be tried again.
    """

    message_id = "CT201"
    passing = True
    busy_for: float | None = None
    remedy = "Check that the address is right and that the site is up, then run this again."

    def __init__(self, what: str, remedy: str = "", *, sent: bool = True) -> None:
        super().__init__(what, remedy)
        self.sent = sent


class NeverSent(NoAnswer):
    """No connection could be made, so the request never left this machine."""

    message_id = "CT202"

    def __init__(self, what: str, remedy: str = "", *, passing: bool = True) -> None:
        super().__init__(what, remedy, sent=False)
        self.passing = passing


class DeadlinePassed(NoAnswer):
    """The time given for the whole run was up."""

    message_id = "CT203"
    passing = False
    remedy = "Run this again, with more time if you have set the limit."


class NotTrusted(NeverSent):
    """The site's certificate was refused; nothing was sent."""

    message_id = "CT204"

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy, passing=False)


class Moved(NoAnswer):
    """Another address answers, or a page in front of the site; no redirect is followed, and no token sent after it.

    `site` is the site's address there, empty where the redirect leads to no site.
    """

    message_id = "CT205"
    passing = False

    def __init__(self, what: str, remedy: str = "", *, site: str = "") -> None:
        super().__init__(what, remedy)
        self.site = site


class NotArcGIS(NoAnswer):
    """An answer came, but no ArcGIS Server gave it: a proxy's error page, a sign-in page, half a body.

    `status` is its HTTP status; `challenge` is True for HTTP 401 with a WWW-Authenticate header, which whoever sent it
    answers before it does any work.
    """

    message_id = "CT206"

    def __init__(
        self,
        what: str,
        remedy: str = "",
        *,
        status: int = 0,
        challenge: bool = False,
        passing: bool = False,
        busy_for: float | None = None,
    ) -> None:
        super().__init__(what, remedy)
        self.status = status
        self.challenge = challenge
        self.passing = passing
        self.busy_for = busy_for


class ServerSaysNo(CacheToolsError):
    """ArcGIS Server answered with an error object.

    `code` and `server_words` are its own. `shape` tells who may have spoken: "rest" is ArcGIS's own
    `{"error": {"code": ...}}`, "admin" the administrator API's `{"status": "error"}`, "other" all that is less.
    """

    message_id = "CT301"
    remedy = "These are the server's own words; the site's logs in Server Manager may say more."

    def __init__(
        self, what: str, remedy: str = "", *, code: int = 0, server_words: str = "", shape: RefusalShape = "other"
    ) -> None:
        super().__init__(what, remedy)
        self.code = code
        self.server_words = server_words
        self.shape = shape


class TokenRefused(ServerSaysNo):
    """498 Invalid Token or 499 Token Required."""

    message_id = "CT302"
    exit_code = 4
    remedy = "Sign in with an account that may manage this site."


class NotPermitted(ServerSaysNo):
    """403: the account is known, and may not do this."""

    message_id = "CT303"
    exit_code = 4
    remedy = "Deleting a cache requires a publisher or an administrator of the site; sign in as one."


class NoAccount(CacheToolsError):
    """The site wants a sign-in and no account was found."""

    message_id = "CT401"
    exit_code = 4


class SignInRefused(CacheToolsError):
    """The account was found and the site refused it; it is never tried twice, since that can lock it.

    `judged` is False where what answered was no token service, so that nobody may have looked at the account.
    """

    message_id = "CT402"
    exit_code = 4

    def __init__(self, what: str, remedy: str = "", *, judged: bool = True) -> None:
        super().__init__(what, remedy)
        self.judged = judged


class UnsafeSignIn(CacheToolsError):
    """A password or token would have gone to an address that it isn't meant for, or in the clear."""

    message_id = "CT403"
    exit_code = 4


class KeyringRefused(CacheToolsError):
    """The keyring of this user can't keep an account, or give one up."""

    message_id = "CT404"
    exit_code = 4
    remedy = "Unlock the keyring, or set one up (see the documentation of the Python package keyring)."


class CannotDelete(CacheToolsError):
    """The look before shows that a deletion can't start; nothing was submitted."""

    message_id = "CT501"


class JournalError(CacheToolsError):
    """The journal can't be written or read; without it a job could be submitted twice, so nothing was submitted."""

    message_id = "CT502"


class AlreadyRunning(CacheToolsError):
    """Another process of this user on this machine is at work on this cache."""

    message_id = "CT503"
    exit_code = 5
    verdict = "still-running"
    remedy = "Wait for it to end; it reports the verdict."


class ReceiptNotKept(CacheToolsError):
    """The receipt can't be written; that costs the receipt, and never the verdict."""

    message_id = "CT504"
    remedy = "Free some space or give this user write access there, or name another folder for receipts."


class ReportNotWritten(CacheToolsError):
    """The file of a report can't be written."""

    message_id = "CT505"
    remedy = "Free some space or give this user write access there, or name another file."


class SiteNotKept(CacheToolsError):
    """What is kept of a site on this machine can't be written or read."""

    message_id = "CT506"


class Cancelled(CacheToolsError):
    """Stopped by the administrator."""

    message_id = "CT601"
    exit_code = 3


class Unexpected(CacheToolsError):
    """A fault in CacheTools itself; whether the cache was deleted isn't known."""

    message_id = "CT999"
    exit_code = 5
    verdict = "unknown"
    remedy = "Please report this. Running it again is safe: it looks for its job before it submits anything."


class NotDeleted(CacheToolsError):
    """The cache is still there."""

    message_id = "CT701"


class PartlyDeleted(CacheToolsError):
    """Some of the cache is gone, some is left."""

    message_id = "CT702"


class DeletedServiceDown(CacheToolsError):
    """The cache is gone, and the service didn't come back."""

    message_id = "CT703"


class StillRunning(CacheToolsError):
    """The time is up and the server's job goes on."""

    message_id = "CT704"
    exit_code = 5


class Unknown(CacheToolsError):
    """What could be read doesn't prove anything, so nothing is claimed."""

    message_id = "CT705"
    exit_code = 5


class NotAllDeleted(CacheToolsError):
    """Of several services, not every cache is gone; the receipt of each says why."""

    message_id = "CT706"


def _rebuilt(kind: type[CacheToolsError], args: tuple[Any, ...]) -> CacheToolsError:
    """The error as it was before its fields are put back."""
    return kind.__new__(kind, *args)


def every_error() -> list[type[CacheToolsError]]:
    """Every class of the tree, for the list of message ids in docs/messages.md and for tests."""
    found: list[type[CacheToolsError]] = []
    waiting: list[type[Any]] = [CacheToolsError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return sorted(found, key=lambda kind: kind.message_id)
