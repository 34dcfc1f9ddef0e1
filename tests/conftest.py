"""Fixtures that every test may use; each test has a home of its own and no keyring but the one that it sets."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
from hypothesis import HealthCheck, settings
from support.bench import Bench
from support.certificates import Certificate
from support.job_site import JobSite, job_site
from support.needs import needed
from support.rainfall import drawn_once
from support.servers import Servers
from support.stalls import Stalls

from cachetools_core.rehearsal.server import Rehearsal

# Files of tests lie in memory where Linux has room for them and lets programs run there: waiting for a disk would take
# as long as the tests. Pytest's own processes and those that tests start inherit this.
MEMORY = "/dev/shm"
ROOMY = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 * 1024**3
if "TMPDIR" not in os.environ and ROOMY and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
    os.environ["TMPDIR"], tempfile.tempdir = MEMORY, None

# The same examples at every run, and no limit in seconds: a test that other programs slow down is no failure.
settings.register_profile(
    "CacheTools",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
settings.load_profile("CacheTools")

PROXIES_AND_BUNDLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# Files that take long are begun first, so that none of them is left to a single process at the end.
LONG = (
    "test_rerun", "test_delete_many", "test_stopping", "test_streams", "test_rehearse_command", "test_one_submit",
    "test_witnesses", "test_kill", "test_delete_tiles", "test_secrets", "test_runs", "test_delete", "test_keyrings",
    "test_faults", "test_outside", "test_cache_directory", "test_verdict", "test_wire", "test_submission", "test_proxy",
    "test_web_tier", "test_delete_command", "test_rehearsal_faults_of_sites", "test_progress", "test_other_addresses",
    "test_ctrl_c", "test_many_killed", "test_rehearsal_faults_on_the_wire", "test_check_command",
    "test_unfinished_command", "test_secrets_of_commands", "test_rehearsal_command", "test_hostile_bodies",
    "test_many_speed",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """What looks for races."""
    parser.addoption("--stalls", metavar="SEED", help="let threads and sockets stand still, again and again, by chance")


def pytest_configure(config: pytest.Config) -> None:
    """Threads stand still where that was asked for."""
    if config.getoption("--stalls"):
        Stalls(f"{config.getoption('--stalls')}-{os.environ.get('PYTEST_XDIST_WORKER')}").begin()


def pytest_collection() -> None:
    """Each of pytest's processes compiles a share of the tests before it collects; else each would compile them all."""
    worker, workers = (os.environ.get(f"PYTEST_XDIST_WORKER{more}", "") for more in ("", "_COUNT"))
    tests = sorted(Path(__file__).parent.rglob("test_*.py"))
    share = tests[int(worker[2:]) :: int(workers)] if workers else []
    compiled = [file for file in share if [*file.parent.glob(f"__pycache__/{file.stem}.*-pytest-*.pyc")]]
    for rewriting in [one for one in sys.meta_path if isinstance(one, AssertionRewritingHook)]:
        for file in set(share).difference(compiled):
            spec = importlib.util.spec_from_file_location("compiled", file, loader=rewriting)
            assert spec is not None
            with suppress(Exception, pytest.skip.Exception):  # told when it is collected
                module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
                rewriting.exec_module(module)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of files; within a file the order stays."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(scope="session")
def nobodys_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system's store of a machine that knows one authority, which has signed nothing."""
    return Certificate("Nobody's authority", authority=True).saved(tmp_path_factory.mktemp("store") / "store.pem")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for homes; a folder of their own, since pytest reads its own at each folder that it makes there."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch, nobodys_store: Path) -> Path:
    """Journal, certificates, profiles and keyring of the test's own; nothing of this machine and its user is read."""
    home = next(homes)
    home.mkdir(mode=0o700)
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(home))
    for variable in PROXIES_AND_BUNDLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    # Reading the system's authorities takes longer than all the rest of a short run.
    monkeypatch.setenv("SSL_CERT_FILE", str(nobodys_store))
    keyring.set_keyring(keyring.backends.fail.Keyring())
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """The facts, captured bodies and real caches beside the project; a user's clone hasn't got them."""
    folder = Path(__file__).resolve().parent.parent.parent / "shared"
    if folder.is_dir():
        return folder
    return needed("needs ../shared, which lies beside the developers' checkout only")


@pytest.fixture(scope="session")
def rainfall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Rainfall cache, drawn once for all of pytest's processes; servers copy it."""
    base = tmp_path_factory.getbasetemp()
    return drawn_once(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def servers(rainfall: Path) -> Iterator[Servers]:
    """Servers that are lent to one test after the other, each time as new."""
    with Servers(rainfall) as running:
        yield running


@pytest.fixture
def rehearsal(rainfall: Path) -> Iterator[Callable[..., Rehearsal]]:
    """Starts rehearsal servers with the arguments of Rehearsal; all are stopped after the test."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(Rehearsal(**{"rainfall": rainfall, **options}))


@pytest.fixture
def place(servers: Servers) -> Iterator[Bench]:
    """A server as at its first day, and an empty journal."""
    with servers.lend() as bench:
        yield bench


@pytest.fixture
def site() -> Iterator[JobSite]:
    """A site without sign-in, with one cached service and jobs that do what the test says."""
    with job_site() as one:
        yield one


@pytest.fixture
def server(rehearsal: Callable[..., Rehearsal]) -> Rehearsal:
    """A plain rehearsal server over HTTPS with the Rainfall service."""
    return rehearsal()
