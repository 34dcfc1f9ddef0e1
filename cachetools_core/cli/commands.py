"""The commands: what each is called, what it takes, how long it may take, and examples of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from ..naming.site import names_a_site
from . import values

RAINFALL = "https://gis.example.com/server/rest/services/Rainfall/MapServer"
SITE = "https://gis.example.com/server"
A_SERVICE = "a REST or SOAP address, a catalog path, or a .lyrx file"
SHELLS = ("bash", "powershell")
A_NIGHT = 12 * 3600.0
A_LOOK, MANY_LOOKS = 300.0, 3600.0
"""A look is over in minutes or never; a deletion may take a night."""

Taker = Callable[[argparse.ArgumentParser], None]


@dataclass(frozen=True)
class Command:
    """One command. `takes` are its own options, `deadline` the seconds that it has where no other time is given.

    `examples` are lines to paste, without the program's name.
    """

    summary: str
    takes: tuple[Taker, ...]
    examples: tuple[str, ...]
    deadline: float = A_LOOK


def _service(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", type=values.service, metavar="SERVICE", help=A_SERVICE)


def _services(command: argparse.ArgumentParser) -> None:
    command.add_argument("services", type=values.service, metavar="SERVICE", nargs="*", help=A_SERVICE)
    command.add_argument(
        "--from",
        dest="from_file",
        action=values.Once,
        metavar="FILE",
        help="a text file with more services, one per line",
    )
    command.add_argument(
        "--per-site",
        type=values.number,
        default=4,
        metavar="N",
        help="at most N jobs at a time on one site (default 4)",
    )


def _services_or_site(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "service",
        type=values.service,
        metavar="SERVICE|SITE",
        nargs="+",
        help="one service or several; or a site or one of its folders, for a list of its caches by size",
    )


def _site(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "site",
        type=values.service,
        metavar="SITE",
        nargs="?",
        help="the address of a site, or of the portal that it is federated with",
    )
    command.add_argument("--list", action="store_true", help="show the addresses and users that are stored")
    command.add_argument("--remove", action="store_true", help="remove the account of --user, or all that are found")


def _consent(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="don't ask; needed if there is no terminal")
    command.add_argument(
        "--receipts",
        metavar="FOLDER",
        help="where to keep the receipts (default: the folder in CACHETOOLS_RECEIPTS, else in the application data)",
    )


def _cache_directory(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cache-directory",
        action=values.Once,
        metavar="PATH",
        help="the site's cache directory, to count the files on disk too",
    )


def _tiles(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scales",
        action=values.Once,
        type=values.scales,
        metavar="N[;N...]",
        help="scales of the service: 5000 stands for 1:5000; put several in quotes",
    )
    command.add_argument(
        "--levels",
        action=values.Once,
        type=values.levels,
        metavar="N[,N-N...]",
        help="levels of the service, instead of scales",
    )
    command.add_argument(
        "--extent",
        action=values.Once,
        type=values.extent,
        metavar="XMIN,YMIN,XMAX,YMAX",
        help="only the tiles in this extent, in the service's coordinate system",
    )


def _output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--output", action=values.Once, metavar="FILE", help="write the report to this file: .html, .json or .csv"
    )


def _forget(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--forget",
        action=values.Once,
        type=values.service,
        metavar="SERVICE",
        help="take this service off the list; the next run then doesn't know about its job",
    )
    command.add_argument("--yes", action="store_true", help="don't ask; needed if there is no terminal")


def _shell(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help=" or ".join(SHELLS))


COMMANDS = {
    "delete": Command(
        "delete the cache of one service or more; this can't be undone",
        (_services, _consent, _cache_directory),
        (
            f"delete {RAINFALL}",
            f"delete {RAINFALL} --yes --deadline 4h --log-file log.txt",
            "delete --from services.txt --yes",
        ),
        A_NIGHT,
    ),
    "delete-tiles": Command(
        "delete the tiles of some scales, everywhere or within an extent; this can't be undone",
        (_service, _tiles, _consent, _cache_directory),
        (f"delete-tiles {RAINFALL} --levels 12-15", f'delete-tiles {RAINFALL} --scales 5000 --extent "0,0,9000,5000"'),
        A_NIGHT,
    ),
    "report": Command(
        "show what a deletion would remove: scales, tiles, bytes; changes nothing",
        (_services_or_site, _cache_directory, _output),
        (f"report {RAINFALL}", f"report {RAINFALL} --output report.html", f"report {SITE} --output caches.html"),
    ),
    "check": Command(
        "see whether a deletion would work from here and, if not, why and what to do",
        (_service,),
        (f"check {RAINFALL}",),
    ),
    "sign-in": Command(
        "try an account and store it in the keyring; list what is stored, or remove it",
        (_site, _cache_directory),
        (f"sign-in {SITE} --user publisher1", "sign-in --list", f"sign-in {SITE} --remove"),
    ),
    "unfinished": Command(
        "list deletions that were begun from this machine and whose end nobody saw",
        (_forget,),
        ("unfinished", f"unfinished --forget {RAINFALL}"),
    ),
    "rehearse": Command("take a tour: delete a real cache on a local server, step by step", (), ("rehearse",), 600.0),
    "completion": Command(
        "print a script that completes commands and options in a shell",
        (_shell,),
        ("completion bash >> ~/.bashrc", "completion powershell | Out-String | Invoke-Expression"),
    ),
}


def services_in(options: argparse.Namespace) -> list[str]:
    """The texts that stand for services, as they were typed; none where the command takes none."""
    given = getattr(options, "service", [])
    return given if isinstance(given, list) else [given]


def takes_one_service(command: str) -> bool:
    """True where the command is about one service and no more."""
    return _service in COMMANDS[command].takes


def is_about_many(options: argparse.Namespace) -> bool:
    """True where several services are named, or a site."""
    given = services_in(options)
    return len(given) > 1 or any(map(names_a_site, given))


def deadline_of(options: argparse.Namespace) -> float:
    """The seconds that the command has."""
    usual = COMMANDS[options.command].deadline
    given: float | None = options.deadline
    return given or (max(usual, MANY_LOOKS) if is_about_many(options) else usual)


def _usual_time(about: Command) -> str:
    of_many = f", or {_as_typed(MANY_LOOKS)} for a site or several services" if _services_or_site in about.takes else ""
    goes_on = "; the server's job goes on after it" if _consent in about.takes else ""
    return f"default {_as_typed(about.deadline)}{of_many}{goes_on}"


def _as_typed(seconds: float) -> str:
    return f"{seconds / 3600:g}h" if seconds >= 3600 else f"{seconds / 60:g}m"


def take_what_is_common(command: argparse.ArgumentParser, about: Command) -> None:
    """The options that every command has; `about` is the command that takes them."""
    common = command.add_argument_group("common options")
    common.add_argument(
        "--user", metavar="NAME", type=values.user, help="the account; its password is looked up in the keyring"
    )
    password = common.add_mutually_exclusive_group()
    password.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input, one line"
    )
    password.add_argument(
        "--password-command", metavar="CMD", help="run this program; the first line that it prints is the password"
    )
    common.add_argument("--ca-file", metavar="F", help="PEM file with certificates to trust for this site")
    common.add_argument(
        "--deadline",
        type=values.seconds,
        metavar="SECONDS",
        help=f"time limit for the whole run, also as 4h, 90m or 1h30m ({_usual_time(about)})",
    )
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    loudness = common.add_mutually_exclusive_group()
    loudness.add_argument("-q", action="store_true", help="quiet: only warnings, errors and the outcome")
    loudness.add_argument("-v", action="store_true", help="verbose: each request too, with its time")
    common.add_argument(
        "--log-file", metavar="F", help="append everything that -v shows to this file, with times in UTC"
    )
