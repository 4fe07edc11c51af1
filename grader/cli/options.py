"""Options that several commands share, each written once."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")]
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", help="Exit 0 whenever grading itself worked, whatever the result.")
]
Staff = Annotated[
    bool,
    typer.Option("--staff", help="Show hidden checks, why a check broke, and other details that students do not see."),
]
Notebook = Annotated[Path, typer.Argument(metavar="NB", help="The notebook to grade.", show_default=False)]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/2.5.4-9f3c1a.", show_default=False)
]
LabId = Annotated[
    str | None, typer.Option("--lab", metavar="LAB", help="Lab id, such as 2.5.4; else the notebook says.")
]
Student = Annotated[str | None, typer.Option("--student", metavar="ID", help="Whose submission it is.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed to inject; else derived from student and lab.", min=0)]
ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="miniature (default), smoke or full.")
]
Device = Annotated[str | None, typer.Option("--device", metavar="DEVICE", help="auto (default), cpu, cuda or cuda:1.")]
Runs = Annotated[Path | None, typer.Option("--runs", metavar="DIR", help="Where run folders are made.")]
SandboxName = Annotated[
    str | None, typer.Option("--sandbox", metavar="KIND", help="auto (default), bubblewrap, namespaces or process.")
]
AllowWeak = Annotated[
    bool, typer.Option("--allow-weak", help="Go on with a weaker sandbox where the one asked for fails.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run and judge again, even when nothing has changed.")]
GradebookPlace = Annotated[
    str | None, typer.Option("--gradebook", metavar="PLACE", help="An SQLite file or a PostgreSQL URL.")
]
EngineName = Annotated[
    str | None, typer.Option("--engine", metavar="NAME", help="local (default), or ray: the machines of a Ray cluster.")
]
RayAddress = Annotated[
    str | None, typer.Option("--ray-address", metavar="HOST:PORT", help="Head of the cluster; else this machine's own.")
]
Together = Annotated[
    str,
    typer.Option(
        "--together",
        metavar="WHEN",
        help="Measure stored runs at once before judging them: auto (on a GPU, where that is faster), always or never.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; students read it.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CHECK", help="Judge only this check and what it needs; repeatable."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Inject another value of a parameter; repeatable."),
]
