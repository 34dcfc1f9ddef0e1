"""The arguments of the command line; what is typed wrongly is never repeated, since it may be a secret."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from ..errors import WrongUsage
from ..version import __version__

PROGRAM = "python -m cachetools_core"
COMMANDS = {
    "delete": "delete the cache; this can't be undone",
    "delete-tiles": "delete the tiles of some scales, perhaps within an extent; this can't be undone",
    "report": "what would go: scales, tiles, bytes; changes nothing",
    "check": "could it be deleted from here, and if not, why and what to do",
    "sign-in": "store an account for a site in the keyring after trying it; list those stored, or remove one",
    "rehearse": "the main job on a local server with a real cache, explained",
}
SECONDS = "takes a number of seconds above 0, such as 14400"
SCALES = "takes scales, such as 36111.909643;18055.954822"
LEVELS = "takes numbers of levels, such as 3,5-7"
EXTENT = "takes four numbers: xmin,ymin,xmax,ymax"
NEGATIVE = re.compile(r"-[0-9.]")
# The only messages of argparse that hold nothing that was typed.
HARMLESS = ("the following arguments are required", "expected ")


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The options that the arguments stand for; `command` is the command's name.

    Prints help or the version and raises SystemExit where that is asked for. Raises WrongUsage.
    """
    options, unknown = _read(arguments)
    if unknown:
        raise WrongUsage(_about_unknown(unknown, options.command), _see_help(options.command))
    return options


def wants_json(arguments: Sequence[str]) -> bool:
    """True where one JSON object is wanted on standard output, also where the other arguments are wrong."""
    return "--json" in arguments


def command_in(arguments: Sequence[str]) -> str:
    """The command that is meant, also where other arguments are wrong; empty where there is none."""
    return next((text for text in arguments if text in COMMANDS), "")


def parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    found = _Parser(
        prog=PROGRAM,
        description="Delete the cache of a map or image service on ArcGIS Server, and prove that it is gone.",
        epilog="Exit codes: 0 deleted or nothing to delete, 1 failed, 2 usage, 3 cancelled, 4 sign-in or permission,"
        " 5 still running or unknown.",
    )
    found.add_argument("--version", action="version", version=__version__)
    commands = found.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == "sign-in":
            _take_a_site(command)
        elif name != "rehearse":
            _take_a_service(command)
        if name == "delete-tiles":
            _take_tiles(command)
        if name in ("delete", "delete-tiles"):
            command.add_argument("--yes", action="store_true", help="don't ask; needed where there is no terminal")
            command.add_argument("--receipts", metavar="FOLDER", help="where to keep the receipt")
        if name in ("delete", "report"):
            command.add_argument(
                "--cache-directory", metavar="PATH", help="the folder of the site's caches, to count their files there"
            )
        if name == "report":
            command.add_argument("--output", metavar="FILE", help="write the report as .html, .json or .csv, by ending")
    return found


class _Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and raises what argparse would print with the values in it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, exit_on_error=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse says by itself."""
        raise argparse.ArgumentError(None, message)


def _take_a_service(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", metavar="SERVICE", help="a REST or SOAP address, a catalog path, or a .lyrx file")
    command.add_argument("--user", metavar="NAME", help="the account; its password is looked up in the keyring")
    _take_what_is_common(command)


def _take_a_site(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "site", metavar="SITE", nargs="?", help="the address of a site, or of the portal that it is federated with"
    )
    command.add_argument("--user", metavar="NAME", help="the account; its password is asked for, unseen")
    command.add_argument(
        "--cache-directory", metavar="PATH", help="the folder of the site's caches, kept for later runs"
    )
    command.add_argument("--list", action="store_true", help="show the addresses and users that are stored")
    command.add_argument("--remove", action="store_true", help="remove the account of --user, or all that are found")
    _take_what_is_common(command)


def _take_tiles(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scales", type=_scales, metavar="N[;N...]", help="scales of the service: 5000 stands for 1:5000"
    )
    command.add_argument(
        "--levels", type=_levels, metavar="N[,N-N...]", help="levels of the service, instead of scales"
    )
    command.add_argument(
        "--extent", type=_extent, metavar="XMIN,YMIN,XMAX,YMAX", help="only within it, in the units of the map"
    )


def _take_what_is_common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input, one line"
    )
    command.add_argument("--ca-file", metavar="F", help="PEM file of certificates that count for this site too")
    command.add_argument(
        "--deadline", type=_seconds, metavar="SECONDS", help="for the whole run; the server's job goes on after it"
    )
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(SECONDS)
    return seconds


def _scales(text: str) -> tuple[float, ...]:
    return _numbers(text, ";", SCALES)


def _extent(text: str) -> tuple[float, ...]:
    corners = _numbers(text, ",", EXTENT)
    if len(corners) != 4:
        raise argparse.ArgumentTypeError(EXTENT)
    return corners


def _numbers(text: str, between: str, words: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split(between)))
    except ValueError:
        raise argparse.ArgumentTypeError(words) from None


def _levels(text: str) -> tuple[int, ...]:
    """`3,5-7` as 3, 5, 6, 7."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal() or not len(first) < 4 > len(last):
            raise argparse.ArgumentTypeError(LEVELS)
        levels = range(int(first), int(last or first) + 1)
        if not levels:
            raise argparse.ArgumentTypeError(LEVELS)
        found.update(levels)
    return tuple(sorted(found))


def _with_negative_extents(arguments: Sequence[str]) -> list[str]:
    """argparse takes `-20037508,...` for an option, so it is joined to the one before it."""
    joined: list[str] = []
    for text in arguments:
        if joined and joined[-1] == "--extent" and NEGATIVE.match(text):
            joined[-1] = f"--extent={text}"
        else:
            joined.append(text)
    return joined


def _read(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    try:
        return parser().parse_known_args(_with_negative_extents(arguments))
    except argparse.ArgumentError as error:
        trouble = WrongUsage(_in_our_words(error), _see_help(command_in(arguments)))
    raise trouble  # not within the clause: argparse's error quotes what was typed


def _in_our_words(error: argparse.ArgumentError) -> str:
    message = str(error.message)
    if error.argument_name == "COMMAND":
        return f"There is no such command. The commands are {', '.join(COMMANDS)}."
    if message == f"{HARMLESS[0]}: COMMAND":
        return f"A command is missing. The commands are {', '.join(COMMANDS)}."
    if not error.argument_name:
        missing = message.partition(": ")[2]
        return f"Missing: {missing}." if message.startswith(HARMLESS) else "The arguments can't be understood."
    if message in (SECONDS, SCALES, LEVELS, EXTENT):
        return f"{error.argument_name} {message}."
    if message.startswith(HARMLESS):
        return f"{error.argument_name} needs a value."
    return f"{error.argument_name} takes no value."


def _about_unknown(unknown: Sequence[str], command: str) -> str:
    if any(text.lower().startswith(("--pass", "-p", "--pw")) for text in unknown):
        return "A password is never an argument: pipe it in with --password-stdin, or store it with sign-in."
    number = "an argument" if len(unknown) == 1 else f"{len(unknown)} arguments"
    which = "it" if len(unknown) == 1 else "them"
    return f"{command} was given {number} that it doesn't know, not repeated here in case {which} held a secret."


def _see_help(command: str | None) -> str:
    return f"See {PROGRAM} {command} --help." if command else f"See {PROGRAM} --help."
