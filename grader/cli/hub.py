"""`grader hub`: build, serve, list, pull, export and import what the embedded Hub serves."""

import signal
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from grader.cli.options import Json, Quiet
from grader.cli.output import print_json, stdout
from grader.cli.progress import Progress
from grader.cli.sections import Sections
from grader.cli.workshop import settings_for

if TYPE_CHECKING:
    from grader.hub.base import BaseRecord

app = typer.Typer(help="Build, serve, list, pull, export and import the models and data of the labs.", cls=Sections)
Base = Annotated[
    Path | None, typer.Option("--base", metavar="DIR", help="A base that was pulled or imported; else the miniatures.")
]
PULLED = "pulled"


def _cache(context: typer.Context) -> Path:
    return settings_for(context.obj).cache / "hub"


def _chosen_base(context: typer.Context, base: Path | None, quiet: bool) -> Path:
    from grader.hub.base import base_record, whole_base

    if base is None:
        return whole_base(_cache(context), Progress(quiet=quiet).say)
    base_record(base)
    return base


def _tell(record: "BaseRecord", base: Path, as_json: bool) -> None:
    if as_json:
        print_json({"schema": "grader.hub/1", "base": str(base), "digest": record.digest, "repos": list(record.repos)})
    else:
        stdout().print(f"{len(record.repos)} repositories, digest {record.digest[:12]}: {base}", markup=False)


@app.command(short_help="Build the miniature models and data of all labs.")
def build(
    context: typer.Context,
    workers: Annotated[int, typer.Option("--workers", min=1, help="How many are made side by side.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build the miniature models and data of all labs; what is cached or shipped costs nothing.

    Example: grader hub build --workers 2
    """
    from grader.hub.base import base_record, whole_base

    base = whole_base(_cache(context), Progress(quiet=quiet).say, workers)
    _tell(base_record(base), base, as_json)


@app.command(short_help="Serve the Hub, and say how to reach it.")
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Whose token and namespace it is.")] = "student",
    base: Base = None,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", metavar="DIR", help="Where pushes are kept; else they end with the server."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Serve the Hub until it is ended; the first line says how to reach it.

    Example: grader hub serve --user ada
    """
    from grader.hub.server import HubServer

    chosen = _chosen_base(context, base, quiet)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    with tempfile.TemporaryDirectory(prefix="grader-hub-") as temporary, HubServer(chosen) as server:
        session = server.open_session(overlay or Path(temporary), user, port=port)
        if as_json:
            _print_line(
                {"schema": "grader.hub/1", "endpoint": session.endpoint, "user": session.user, "token": session.token}
            )
        else:
            lines = [f"export {name}={value}" for name, value in session.environment().items() if name in _SHOWN]
            stdout().print(
                f"Serving {session.endpoint} for {session.user}; Ctrl-C ends it.", *lines, sep="\n", markup=False
            )
        ended.wait()


#: What a person sets by hand to use the server; a run gets all of `HubSession.environment`.
_SHOWN = ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_DISABLE_XET")


def _print_line(value: dict[str, Any]) -> None:
    """Print one object on one line: a program that starts the server reads exactly that."""
    import json

    typer.echo(json.dumps(value))


@app.command("list")
def list_repos(context: typer.Context, base: Base = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """List what the Hub serves.

    Example: grader hub list --json
    """
    from grader.hub.overview import overview

    rows = overview(_chosen_base(context, base, quiet))
    if as_json:
        print_json({"schema": "grader.hub/1", "repos": rows})
        return
    table = Table("Kind", "Id", "Task", "Downloads", "Size", "Access", box=None, pad_edge=False)
    for row in rows:
        access = "private" if row.private else f"gated ({row.gated})" if row.gated else ""
        table.add_row(row.kind, row.id, row.task or "", f"{row.downloads:,}", f"{row.size / 1024:,.0f} KiB", access)
    stdout().print(table)


@app.command(short_help="Fetch real models and data, once, with internet.")
def pull(
    context: typer.Context,
    repos: Annotated[list[str], typer.Argument(metavar="REPO[@REV]...", help="ns/name, or datasets/ns/name.")],
    base: Annotated[Path | None, typer.Option("--base", metavar="DIR", help="The base to fill.")] = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="The Hub to pull from.")
    ] = "https://huggingface.co",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch real models and data into a base, for a class without internet; HF_TOKEN opens private and gated ones.

    Example: grader hub pull distilbert/distilbert-base-uncased datasets/stanfordnlp/imdb
    """
    from grader.hub.pull import pull as pull_repos

    target = base or _cache(context) / PULLED
    _tell(pull_repos(repos, target, Progress(quiet=quiet).say, endpoint=endpoint), target, as_json)


@app.command("export", short_help="Write everything that the Hub serves into one file.")
def export_base(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    base: Base = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write everything that the Hub serves into one file, for rooms without internet.

    Example: grader hub export hub.tar
    """
    from grader.hub.archive import export_base as write_archive

    _tell(write_archive(_chosen_base(context, base, quiet), target), target, as_json)


@app.command("import", short_help="Unpack an exported Hub, checking every file.")
def import_base(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `grader hub export` wrote.")],
    base: Annotated[Path | None, typer.Option("--base", metavar="DIR", help="The folder to make.")] = None,
    as_json: Json = False,
) -> None:
    """Unpack an exported Hub, checking every file against its hash; serve it with --base.

    Example: grader hub import hub.tar
    """
    from grader.hub.archive import import_base as read_archive

    target = base or _cache(context) / PULLED
    _tell(read_archive(source, target), target, as_json)
