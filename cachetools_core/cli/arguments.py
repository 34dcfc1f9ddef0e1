"""The arguments of the command line; what is typed wrongly is never repeated, since it may be a secret."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from ..account import program
from ..errors import WrongUsage
from ..version import __version__
from . import values
from .commands import COMMANDS, SHELLS, take_what_is_common, takes_one_service

NEGATIVE = re.compile(r"-[0-9.]")
# The only messages of argparse that hold nothing that was typed.
MISSING, NEEDS, EXCLUDED = "the following arguments are required: ", "expected ", "not allowed with argument "
EXIT_CODES = (
    "Exit codes: 0 deleted or nothing to delete, 1 failed, 2 usage, 3 cancelled, 4 sign-in or permission, 5 still"
    " running or unknown."
)
NO_PASSWORD_HERE = "A password is never an argument: pipe it in with --password-stdin, or store it with sign-in."
NO_SERVICE = "One of these is no SERVICE by its form (not shown here, in case it is a secret)."
PASSWORD_OPTIONS = ("--password-stdin", "--password-command")
SHORT = {"--quiet": "-q", "--verbose": "-v"}
"""What many programs have, and their only name here."""
OPTIONS_COME_LAST = "Options come after the command, as in: check SERVICE --json."
FIRST_STEPS = ("rehearse", "check", "delete")


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The options that the arguments stand for; `command` is the command's name.

    Prints help or the version and raises SystemExit where that is asked for. Raises WrongUsage.
    """
    options, unknown = _read(arguments)
    empty = _option_without_a_value(arguments, options.command)
    if empty:  # as a script writes it whose variable isn't set
        raise WrongUsage(f"{empty} needs a value.", _see_help(options.command))
    if "services" in options and not any(text.startswith("-") for text in unknown):
        more = map(values.service, unknown)  # argparse takes those before the first option
        options.services, unknown = [*options.services, *more], []
    named = getattr(options, "services", getattr(options, "service", None))
    if isinstance(named, list) and len(named) > 1 and not all(map(values.may_name_a_service, named)):
        raise WrongUsage(f"{NO_SERVICE} {NO_PASSWORD_HERE}", _see_help(options.command))
    if unknown:
        raise WrongUsage(_about_unknown(unknown, options.command), _see_help(options.command))
    if "services" in options and options.from_file is None:
        if not options.services:
            raise WrongUsage("Missing: SERVICE.", _see_help(options.command))
        if len(options.services) == 1:
            (options.service,) = options.services
    return options


def wants_json(arguments: Sequence[str]) -> bool:
    """True where one JSON object is wanted on standard output, also where the other arguments are wrong."""
    return "--json" in arguments


def parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    found = _Parser(
        prog=program(),
        description="Delete the cache of a map or image service on ArcGIS Server, and prove that it is gone.",
        epilog="\n".join([*_examples(COMMANDS[name].examples[0] for name in FIRST_STEPS), "", *_folded(EXIT_CODES)]),
    )
    found.add_argument("--version", action="version", version=__version__)
    commands = found.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, about in COMMANDS.items():
        command = commands.add_parser(
            name, help=about.summary, description=about.summary, epilog="\n".join(_examples(about.examples))
        )
        for take in about.takes:
            take(command)
        take_what_is_common(command, about)
    return found


class _Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and raises what argparse would print with the values in it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False, exit_on_error=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings
        )

    def error(self, message: str) -> NoReturn:
        """Raise what argparse says by itself."""
        raise argparse.ArgumentError(None, message)


def _examples(examples: Iterable[str]) -> list[str]:
    return ["examples:", *(f"  {program()} {example}" for example in examples)]


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, 78)


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
        trouble = WrongUsage(_in_our_words(error, arguments), _see_help(_command_in(arguments)))
    raise trouble  # not within the clause: argparse's error quotes what was typed


def _command_in(arguments: Sequence[str]) -> str:
    """The command that is meant, also where other arguments are wrong; empty where there is none."""
    return next((text for text in arguments if text in COMMANDS), "")


def _in_our_words(error: argparse.ArgumentError, arguments: Sequence[str]) -> str:
    name, message = error.argument_name, str(error.message)
    if _names_a_password(arguments):
        return NO_PASSWORD_HERE
    if name == "COMMAND":
        if arguments[0].startswith("-"):
            return f"{OPTIONS_COME_LAST} {_the_commands()}"
        typed = arguments[0]
        return f"There is no such command. {_meant([typed], COMMANDS)}{_the_commands()}"
    if message == f"{MISSING}COMMAND":
        return f"A command is missing. {_the_commands()}"
    if not name:
        return (
            f"Missing: {message[len(MISSING) :]}."
            if message.startswith(MISSING)
            else "The arguments can't be understood."
        )
    if name == "SHELL":
        return f"SHELL must be {' or '.join(SHELLS)}."
    if message in values.WORDS:
        return f"{name} {message}."
    if message.startswith(EXCLUDED):
        return f"{name} and {message[len(EXCLUDED) :]} can't be used together."
    return f"{name} needs a value." if message.startswith(NEEDS) else f"{name} takes no value."


def _option_without_a_value(arguments: Sequence[str], command: str) -> str:
    before = [one for one, value in zip(arguments, arguments[1:]) if not value]
    given = [*before, *(text[:-1] for text in arguments if text.endswith("="))]
    names = options_of(command) if given else []
    return next((name for name in given if name in names), "")


def _about_unknown(unknown: Sequence[str], command: str) -> str:
    if _names_a_password(unknown):
        return NO_PASSWORD_HERE
    if {*options_of(command), "-q", "-v"}.intersection(unknown):
        return OPTIONS_COME_LAST
    elsewhere = _option_of_another(unknown)
    if elsewhere:
        return f"{command} doesn't take {elsewhere}."
    if takes_one_service(command) and not any(text.startswith("-") for text in unknown):
        return f"{command} takes one SERVICE. Put quotes around a text that holds a space."
    if len(unknown) == 1:
        told = f"{command} doesn't take one of these arguments (not shown here, in case it is a secret)."
    else:
        told = f"{command} doesn't take {len(unknown)} of these arguments (not shown here, in case they are secret)."
    return f"{told} {_meant(unknown, [*options_of(command), *SHORT])}".rstrip()


def _option_of_another(unknown: Sequence[str]) -> str:
    """The first that is an option of other commands, and of which; empty where none is."""
    for name in (text.partition("=")[0] for text in unknown):
        takers = [command for command in COMMANDS if name in options_of(command)]
        if takers:
            return f"{name}, an option of {', '.join(takers)}"
    return ""


def _names_a_password(arguments: Iterable[str]) -> bool:
    """True where one of them is spelled like an option for a password, which doesn't exist."""
    names = [text.partition("=")[0].lower() for text in arguments]
    return any(name.startswith(("--pass", "-p", "--pw")) and name not in PASSWORD_OPTIONS for name in names)


def options_of(command: str) -> list[str]:
    """The names of a command's options, the long ones. Raises KeyError for what is no command."""
    commands: Any = next(action.choices for action in parser()._actions if action.choices)
    return [name for name in commands[command]._option_string_actions if name.startswith("--")]


def _meant(typed: Iterable[str], names: Iterable[str]) -> str:
    """What may have been meant, in our own words only; empty where nothing comes near."""
    from difflib import get_close_matches  # for one who has mistyped

    by_word = {name.lstrip("-"): SHORT.get(name, name) for name in names}
    starts = [text.partition("=")[0].lower() for text in typed]
    near = [
        by_word[word]
        for start in (text.lstrip("-") for text in starts if len(text) > 2)
        for word in [one for one in by_word if start and one.startswith(start)] or get_close_matches(start, by_word, 1)
    ]
    return f"Did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""


def _the_commands() -> str:
    return f"The commands are {', '.join(COMMANDS)}."


def _see_help(command: str | None) -> str:
    return f"See {program()} {command} --help." if command else f"See {program()} --help."
