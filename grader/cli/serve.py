"""`grader serve`: the instructor's web application, on this machine alone."""

import json
from typing import Annotated

import typer

from grader.cli import options
from grader.cli.output import stdout
from grader.cli.workshop import settings_for
from grader.errors import MachineFault, UsageFault

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="Where to listen: this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    runs: options.Runs = None,
    gradebook: options.GradebookPlace = None,
    as_json: options.Json = False,
) -> None:
    """Look at a class in a browser: live progress, class page, students beside their notebooks, decisions by hand.

    The address that is printed holds a token; nobody without it is let in. Ctrl-C ends the server.

    Example: grader serve --port 8080
    """
    import socket

    import uvicorn

    from grader.web.app import build
    from grader.web.desk import Desk
    from grader.web.gate import Keys

    if host not in _LOOPBACK:
        raise UsageFault("GR104", f"{host} is not this machine.", "For another machine use a tunnel: `ssh -L`.")
    settings = settings_for(context.obj, runs=runs, gradebook=gradebook)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as exc:
        raise MachineFault("GR605", f"{host}:{port} cannot be listened on: {exc.strerror}.") from exc
    taken = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    keys = Keys()
    address = f"http://{shown}:{taken}/?token={keys.token}"
    hosts = frozenset(f"{name}:{taken}" for name in ("127.0.0.1", "localhost", "[::1]"))
    if as_json:
        typer.echo(json.dumps({"schema": "grader.serve/1", "address": address}))  # one line, for who starts this
    else:
        stdout().print(f"Open {address}", markup=False, soft_wrap=True)
    config = uvicorn.Config(build(Desk(settings), keys, hosts), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
