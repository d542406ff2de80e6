"""The local stack: MLflow, the endpoint and the Evidently UI, as processes that outlive the shell."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from capstan.data import disk
from capstan.data.files import read_json, write_json
from capstan.errors import CapstanError
from capstan.local import home
from capstan.services.hosts import mlflow_hosts
from capstan.services.http import certificates
from capstan.settings import settings

START_SECONDS = 600  # a machine under load was seen to need more than 120 s to start MLflow
RETRY_SECONDS = 10


@dataclass(frozen=True)
class Service:
    """One process of the stack: how to start it, where it listens, and how to ask for its health."""

    name: str
    title: str
    port: int
    health: str
    command: list[str]
    folder: Path | None  # it runs there; None is where the command was run
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://{settings().url_host}:{self.port}"

    @property
    def ports(self) -> dict[str, int]:
        """Every port it listens on, by the variable that sets it."""
        more = {"CAPSTAN_GRPC_PORT": settings().grpc_port} if self.name == "endpoint" else {}
        return {f"CAPSTAN_{self.name.upper()}_PORT": self.port} | more

    @property
    def log(self) -> Path:
        return settings().home / "logs" / f"{self.name}.log"

    @property
    def state(self) -> Path:
        return settings().home / "run" / f"{self.name}.json"


def services() -> dict[str, Service]:
    """Return the services of the local stack, in the order they start."""
    own, home, host = settings(), settings().home, settings().host
    # Relative paths: MLflow reads its own as URLs, in which %, # and ? of a path would mean something else.
    mlflow = ["-m", "mlflow", "server", "--host", host, "--port", str(own.mlflow_port), "--workers", "1"]
    mlflow += ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "./artifacts"]
    endpoint = ["-m", "serving", "--host", host, "--port", str(own.endpoint_port), "--grpc-port", str(own.grpc_port)]
    evidently = ["-m", "evidently.cli", "ui", "--host", host, "--port", str(own.evidently_port), "--workspace", "."]
    # MLflow's job runners take 2 GB, and Capstan does not use them.
    of_mlflow = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"} | mlflow_hosts(host, own.allowed_hosts)
    listed = [
        Service("mlflow", "MLflow", own.mlflow_port, "/health", mlflow, home / "mlflow", of_mlflow),
        Service("endpoint", "Endpoint", own.endpoint_port, "/v2/health/live", endpoint, None, {}),
        Service("evidently", "Evidently", own.evidently_port, "/", evidently, home / "evidently", {}),
    ]
    return {service.name: service for service in listed}


def up(names: list[str] | None = None) -> Iterator[Service]:
    """Start the services that do not run yet. Yield each one when it is healthy. Raises CapstanError."""
    wanted = [services()[name] for name in names or services()]
    home.prepare()
    with _lock():
        for service in [service for service in wanted if not _runs(service)]:
            _start(service)
        for service in wanted:
            _wait(service)
            yield service


def ensure(name: str) -> None:
    """Start one service and wait for it, unless it runs or the settings name one elsewhere."""
    service = services()[name]
    elsewhere = {"mlflow": settings().tracking_uri, "endpoint": settings().endpoint_url}.get(name, service.url)
    running = _current(service)
    if elsewhere == service.url and not (running and not _has_other_capstones(service, running) and healthy(service)):
        list(up([name]))


def down() -> Iterator[Service]:
    """Stop every service that was started here, by its process id, all at once. Yield each one."""
    with _lock():
        running = {service.name: process(service) for service in services().values()}
        _stop([member for service in services().values() for member in _group(service, running[service.name])])
        for service in reversed(services().values()):
            if running[service.name]:
                yield service
            service.state.unlink(missing_ok=True)


def process(service: Service) -> psutil.Process | None:
    """Return the process of a service that was started with this home and still runs, or None."""
    try:
        saved = _saved(service)
        candidate = psutil.Process(saved["pid"])
        # Process ids are used again. Together with its start time, an id names one process. The folder may be a copy of
        # another: the process then belongs to that one.
        same = abs(candidate.create_time() - saved["created"]) < 1 and candidate.status() != psutil.STATUS_ZOMBIE
        home, environment = str(settings().home), candidate.environ()
        # A process that has only just been started shows no environment yet.
        if same and (not environment or environment.get("CAPSTAN_HOME") == home):
            return candidate
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        pass
    # The command may have been killed before it wrote the file.
    return next((candidate for candidate in _processes(service) if os.getsid(candidate.pid) == candidate.pid), None)


def _current(service: Service) -> psutil.Process | None:
    """Return the same, or None where the home was deleted since: it answers from files that no longer exist."""
    return process(service) if service.log.exists() else None


def _processes(service: Service) -> list[psutil.Process]:
    """Return the processes of a service by the mark in their environment: itself and its workers."""
    mark = {"CAPSTAN_HOME": str(settings().home), "CAPSTAN_SERVICE": service.name}
    processes = []
    for candidate in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if mark.items() <= candidate.environ().items() and candidate.status() != psutil.STATUS_ZOMBIE:
                processes.append(candidate)
    return processes


def healthy(service: Service) -> bool:
    """Return whether a service answers."""
    try:
        return get(f"{service.url}{service.health}").is_success
    except httpx.HTTPError:
        return False


def get(url: str, **options: Any) -> httpx.Response:
    """Return the answer of a service of this machine. Raises httpx.HTTPError."""
    return httpx.get(url, timeout=5, verify=certificates(), trust_env=False, **options)


def _runs(service: Service) -> bool:
    """Return whether a service runs, and note its process. Raises CapstanError when it listens on other ports."""
    try:
        if running := _current(service):
            _check_same_ports(service, running)
            if _has_other_capstones(service, running):
                return False
            if _saved(service).get("pid") != running.pid:
                _record(service, running)
    except psutil.Error:  # it has ended meanwhile
        return False
    return running is not None


def _start(service: Service) -> None:
    _stop(_processes(service))  # workers that a killed service left behind: they keep its port
    for variable, port in service.ports.items():
        _check_port(service, variable, port)
    for folder in filter(None, (service.log.parent, service.state.parent, service.folder)):
        folder.mkdir(parents=True, exist_ok=True)
    # CAPSTAN_RUN marks the processes of a run. A service outlives the run that started it.
    environment = {name: value for name, value in os.environ.items() if name != "CAPSTAN_RUN"} | service.environment
    environment |= {"CAPSTAN_HOME": str(settings().home), "CAPSTAN_SERVICE": service.name, "PYTHONUNBUFFERED": "1"}
    environment |= {variable: str(port) for variable, port in service.ports.items()}
    with service.log.open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, *service.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=service.folder,
            start_new_session=True,  # survives the shell, and is one group to stop
        )
    _record(service, psutil.Process(started.pid))


def _record(service: Service, started: psutil.Process) -> None:
    written = {"pid": started.pid, "created": started.create_time(), "port": service.port, "url": service.url}
    write_json(written, service.state)


def _check_same_ports(service: Service, running: psutil.Process) -> None:
    """Raises CapstanError when a service listens elsewhere than the settings say."""
    environment = running.environ()
    for variable, port in service.ports.items():
        if (actual := environment.get(variable, str(port))) != str(port):
            raise CapstanError(
                f"{service.title} runs on port {actual}, and {variable} is {port}. Run `capstan down` first, or set "
                f"{variable}={actual}."
            )


def _has_other_capstones(service: Service, running: psutil.Process) -> bool:
    """Return whether an endpoint was started with other folders of capstones than the settings name."""
    with suppress(psutil.Error):  # it has ended meanwhile
        environment, folder = running.environ(), running.cwd()
        named = environment.get("CAPSTAN_CAPSTONES", "").split(os.pathsep)
        folders = [Path(folder, name).resolve() for name in named if name]
        # A process that has only just been started shows no environment yet.
        return service.name == "endpoint" and bool(environment) and folders != settings().capstones
    return False


def _check_port(service: Service, variable: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings().host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings().host, port))
        except OSError as error:
            raise CapstanError(
                f"{service.title} cannot listen on {settings().host}:{port} ({error.strerror}). Stop what uses the "
                f"port, or set {variable} to a free one."
            ) from error


def _wait(service: Service, again: bool = True) -> None:
    """Wait until a service answers. again: start it once more if it stops or takes too long to start.

    Raises CapstanError, with the end of its log, when it does not answer in time.
    """
    saved = _saved(service)
    # One that has answered before is not starting: if it does not answer now, it has failed.
    answered = bool(saved.get("answered"))
    seconds = RETRY_SECONDS if answered else START_SECONDS
    began = time.monotonic()
    while (stopped := process(service) is None) or not healthy(service):
        waited = time.monotonic() - began
        late = waited > seconds
        if again and (stopped or (late and not answered)):
            _start(service)
            _wait(service, again=False)
            return
        if stopped or late:
            what = "stopped while it started" if stopped else f"did not answer within {seconds} s"
            last = "\n".join(service.log.read_text(errors="replace").splitlines()[-15:])
            if disk.no_room():  # the log may not say so: it is on the same disk
                raise disk.FullDisk(f"{service.title} {what}.\n{disk.advice()}")
            raise CapstanError(f"{service.title} {what}. The end of {service.log}:\n{last}")
        time.sleep(min(1.0, 0.2 + waited / 60))  # each question takes processor time from what starts
    if saved and not answered:
        write_json(saved | {"answered": True}, service.state)


def _saved(service: Service) -> dict[str, Any]:
    """Return the content of a service's state file; nothing when there is none that can be read."""
    with suppress(OSError, ValueError):
        if isinstance(saved := read_json(service.state), dict):
            return saved
    return {}


def _group(service: Service, running: psutil.Process | None) -> list[psutil.Process]:
    """Return a service's process and its workers, also those that it left behind when it was killed."""
    return [running, *running.children(recursive=True)] if running else _processes(service)


def _stop(group: list[psutil.Process]) -> None:
    for end, seconds in [(psutil.Process.terminate, 15), (psutil.Process.kill, 5)]:
        for member in group:
            with suppress(psutil.NoSuchProcess):
                end(member)
        deadline = time.monotonic() + seconds
        while (group := [member for member in group if _lives(member)]) and time.monotonic() < deadline:
            time.sleep(0.05)


def _lives(member: psutil.Process) -> bool:
    # What has ended may stay as a zombie: a container often has no process that reaps those of others. While threads of
    # a zombie still end, they hold its ports.
    with suppress(psutil.NoSuchProcess):
        return bool(member.is_running() and (member.status() != psutil.STATUS_ZOMBIE or member.num_threads() > 1))
    return False


@contextmanager
def _lock() -> Iterator[None]:
    """Let one command at a time start or stop services. The system releases the lock of a dead process."""
    path = settings().home / "run" / "stack.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
