"""Rules of the house that no reader should have to check: who imports whom, and what never stands in the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Union

import pytest
from support.source import CORE, MODULES, PACKAGE, ROOT, inner_imports_of, outer_imports_of, tree_of

from cachetools_core import errors
from cachetools_core.errors import CacheToolsError, every_error

REHEARSAL = [name for name in MODULES if name.startswith(f"{PACKAGE}.rehearsal")]
OURS = [name for name in MODULES if name not in REHEARSAL]
EVERYTHING = [*MODULES.values(), ROOT / "CacheTools.pyt"]
LIBRARIES = {"requests", "keyring", "truststore"}
NETWORK = {"requests", "urllib3", "keyring", "ssl"}


# Who imports whom


def test_a_package_imports_only_packages_below_it() -> None:
    """The contracts stand in pyproject.toml; imports for type checkers count as all others do."""
    pytest.importorskip("importlinter")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_no_circle_of_files() -> None:
    """graphlib names the circle in its error."""
    TopologicalSorter({module: inner_imports_of(module) for module in MODULES}).prepare()


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 doesn't name its own modules")
def test_the_core_needs_requests_and_keyring_and_nothing_more() -> None:
    allowed = LIBRARIES | sys.stdlib_module_names
    assert {module: more for module in OURS if (more := outer_imports_of(module) - allowed)} == {}


def test_arcpy_stands_in_the_toolbox_only() -> None:
    assert [module for module in MODULES if "arcpy" in outer_imports_of(module)] == []


@pytest.mark.parametrize("package", ["proof", "naming"])
def test_pure_values_load_no_network(package: str) -> None:
    modules = [name for name in MODULES if name.startswith(f"{PACKAGE}.{package}")]
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert PACKAGE in loaded
    assert loaded & NETWORK == set()


def test_nothing_but_the_parts_of_the_design_stands_in_the_package() -> None:
    parts = {entry.stem for entry in CORE.iterdir() if entry.suffix == ".py" or (entry / "__init__.py").exists()}
    packages = {"cli", "tools", "server", "local", "proof", "naming", "rehearsal"}
    assert parts <= packages | {
        "__init__",
        "__main__",
        "errors",
        "messages",
        "waiting",
        "elapsed",
        "codings",
        "secrecy",
        "system",
        "account",
        "version",
    }


# What never stands in the code


SWITCHES = r"CERT_NONE|_create_unverified_context|check_hostname = False|disable_warnings"
TOKEN_IN_AN_ADDRESS = r"[?&]token="
TRUSTSTORE_FOR_THE_WHOLE_PROCESS = r"inject_into_ssl\(\)"


def is_bare_except(node: ast.AST) -> bool:
    return isinstance(node, ast.ExceptHandler) and node.type is None


def trusts_anything(node: ast.AST) -> bool:
    """`verify=False`."""
    value = node.value if isinstance(node, ast.keyword) and node.arg == "verify" else None
    return isinstance(value, ast.Constant) and value.value is False


def test_what_never_stands_in_the_code() -> None:
    never = re.compile(f"{SWITCHES}|{TOKEN_IN_AN_ADDRESS}|{TRUSTSTORE_FOR_THE_WHOLE_PROCESS}")
    assert {file: found for file in EVERYTHING if (found := never.findall(file.read_text(encoding="utf-8")))} == {}
    nodes = ((file, node) for file in EVERYTHING for node in ast.walk(tree_of(file)))
    assert [str(file) for file, node in nodes if is_bare_except(node) or trusts_anything(node)] == []


def prints(module: str) -> bool:
    calls = [node.func for node in ast.walk(tree_of(MODULES[module])) if isinstance(node, ast.Call)]
    return any(isinstance(function, ast.Name) and function.id == "print" for function in calls)


def test_only_the_command_line_prints() -> None:
    assert [module for module in OURS if prints(module) and not module.startswith(f"{PACKAGE}.cli")] == []


def test_what_differs_on_windows_stands_in_one_place() -> None:
    """The rehearsal server, which may import nothing of ours, has one line of its own."""
    asking = r"sys\.platform|os\.name\b|SIGBREAK|CREATE_NEW|\b(?:msvcrt|winreg|ctypes|fcntl|termios)\b|import pwd"
    asks = {file: re.findall(asking, file.read_text(encoding="utf-8")) for file in EVERYTHING}
    assert len(asks.pop(CORE / "system.py")) > 1
    assert len(asks.pop(CORE / "rehearsal" / "wire.py")) == 1
    assert {file: found for file, found in asks.items() if found} == {}


def test_no_question_to_a_path_fails() -> None:
    """Before Python 3.13 those of pathlib raise for a folder that this user may not look into."""
    asking = re.compile(r"(?<!os\.path)\.(?:is_dir|is_file|is_symlink|exists|r?glob)\b(?!\(follow)")
    texts = {module: MODULES[module].read_text(encoding="utf-8") for module in OURS}
    assert {module: found for module, text in texts.items() if (found := asking.findall(text))} == {}


def test_the_toolbox_is_thin() -> None:
    assert len((ROOT / "CacheTools.pyt").read_text(encoding="utf-8").splitlines()) < 400


def test_no_module_is_called_cachetools() -> None:
    """Pro brings a package of that name, and a file beside the toolbox would come before it."""
    clashes = [path for path in ROOT.rglob("*") if path.stem.lower() == "cachetools" and path.suffix != ".pyt"]
    assert [path for path in clashes if ".venv" not in path.parts and ".ci" not in path.parts] == []


# What stands in the docstrings


def test_the_tree_in_the_text_of_errors_is_the_tree_of_the_classes() -> None:
    written, above = {}, [""]
    for indent, name in re.findall(r"^( *)([A-Z]\w+)(?: {2,}.+)?$", errors.__doc__ or "", re.MULTILINE):
        depth = len(indent) // 2
        above[depth + 1 :] = [name]
        written[name] = above[depth]
    bases = {kind.__name__: kind.__bases__[0].__name__ for kind in every_error() if kind is not CacheToolsError}
    assert written == {"CacheToolsError": "", **bases}


Documented = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def public_functions(module: str) -> Iterator[tuple[str, Documented]]:
    """Functions of a module and methods of its classes that others may call, by their dotted names."""

    def within(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Documented]]:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from within(node.body, f"{prefix}{node.name}.")

    yield from within(tree_of(MODULES[module]).body, f"{module}.")


def raised_by(function: Documented) -> set[str]:
    """The names of the classes that it raises itself, by name."""
    raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc is not None]
    makers = [one.func if isinstance(one, ast.Call) else one for one in raised]
    names = {maker.id if isinstance(maker, ast.Name) else maker.attr for maker in makers
             if isinstance(maker, (ast.Name, ast.Attribute))}  # fmt: skip
    return {name for name in names if name[:1].isupper()}


def says_what_is_raised(function: Documented) -> bool:
    text = ast.get_docstring(function) or ""
    return bool(re.search(r"(?i)\brais(e|es|ed)\b", text)) or all(error in text for error in raised_by(function))


def test_what_a_public_function_raises_stands_in_its_docstring() -> None:
    functions = [one for module in OURS for one in public_functions(module)]
    assert [name for name, function in functions if not says_what_is_raised(function)] == []
