"""`completion`: a script that completes commands and options of `cachetools` in a shell."""

from __future__ import annotations

import argparse
from string import Template

from ..waiting import Run
from .arguments import options_of
from .commands import COMMANDS, SHELLS
from .end import End
from .terminal import Terminal
from .unused import tell_unused

FIRST = [*COMMANDS, "--help", "--version"]

BASH = Template(
    """\
_cachetools() {
    local current=${COMP_WORDS[COMP_CWORD]} word command=
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in $commands) command=$word; break;; esac
    done
    case $command in
$cases
        *) COMPREPLY=($(compgen -W "$first" -- "$current"));;
    esac
}
complete -o default -F _cachetools cachetools
"""
)
POWERSHELL = Template(
    """\
Register-ArgumentCompleter -Native -CommandName cachetools -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{
$cases
    }
    $before = $commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } |
        Where-Object { $_ -ne $wordToComplete }
    $command = $before | Where-Object { $words.ContainsKey($_) } | Select-Object -First 1
    $offered = if ($command) { $words[$command] } else { $first }
    $offered | Where-Object { $_ -like "$wordToComplete*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
"""
)


def run_command(options: argparse.Namespace, terminal: Terminal, _: Run) -> End:
    """Print the script for the shell. Raises nothing."""
    tell_unused(options, terminal)
    script = for_bash() if options.shell == SHELLS[0] else for_powershell()
    return End(0, script, {"shell": options.shell, "script": script, "exit_code": 0})


def for_bash() -> str:
    """For `eval "$(cachetools completion bash)"` in ~/.bashrc; file names are completed as ever."""
    cases = (
        f'        {name}) COMPREPLY=($(compgen -W "{" ".join(_words_after(name))}" -- "$current"));;'
        for name in COMMANDS
    )
    return BASH.safe_substitute(commands="|".join(COMMANDS), cases="\n".join(cases), first=" ".join(FIRST))


def for_powershell() -> str:
    """For `cachetools completion powershell | Out-String | Invoke-Expression` in the profile."""
    cases = (f"        '{name}' = @({_quoted(_words_after(name))})" for name in COMMANDS)
    return POWERSHELL.safe_substitute(cases="\n".join(cases), first=f"@({_quoted(FIRST)})")


def _words_after(command: str) -> list[str]:
    return [*options_of(command), *(SHELLS if command == "completion" else ())]


def _quoted(words: list[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
