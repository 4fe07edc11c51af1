"""Grades the short lab by every grader in turn, several times, then two at a time; writes table, figures and plot."""

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.memory import watched
from bench.meter import Meter, meter
from bench.peers.environments import PEERS, install
from bench.peers.figure import draw
from bench.peers.graders import GRADERS, Peer
from bench.peers.ours import Alone, open_class, settings_of, timed, warmed
from bench.peers.ratios import AGAIN, ALONE, COLD, FLOOR, UNCHANGED, WARM, bars, stage_table, table
from grader.settings import Settings

OUT = Path("bench/out/peers").resolve()
PARTS = ("rounds", "workers", "memory")
#: Submissions of each worker when two work side by side.
_EACH = 3
_WAIT = "import time\ntime.sleep(8)\n"


def measure(repeats: int, only: Sequence[str], peers: Sequence[str]) -> dict[str, Any]:
    """Measure everything on this machine.

    Args:
        repeats: rounds; in each every way of grading comes once, in random order.
        only: of `PARTS`.
        peers: of `environments.PEERS`.

    Returns:
        What speed.json holds.
    """
    programs = {name: install(name, OUT / "environments") for name in peers}
    with meter() as counted, tempfile.TemporaryDirectory(prefix="grader-bench-") as scratch:
        folder = Path(scratch)
        settings = settings_of(folder)
        figures: dict[str, Any] = {
            "machine": machine(),
            "packages": {name: PEERS[name] for name in peers},
            "rounds": [],
        }
        began, before = time.perf_counter(), counted.cpu()
        with warmed(settings) as warm:
            figures["server"] = {"wall": time.perf_counter() - began, "cpu": counted.cpu() - before}
            bench = _Bench(counted, folder, settings, warm, programs)
            if "rounds" in only:
                figures |= bench.rounds(repeats)
            if "workers" in only:
                figures["per_hour"] = bench.side_by_side(figures["rounds"])
            if "memory" in only:
                figures["memory_mib"] = bench.memory(warm, "warm") | bench.memory_of_peers()
        if "memory" in only:  # a cold worker has no server beside it
            figures["memory_mib"] |= bench.memory(replace(settings, warm="off"), "cold")
    figures["load_after"] = os.getloadavg()[0]
    return figures


class _Bench:
    """Everything that is graded, side by side."""

    def __init__(
        self, counted: Meter, folder: Path, settings: Settings, warm: Settings, programs: Mapping[str, Path]
    ) -> None:
        self._meter = counted
        self._folder = folder
        self._warm = warm
        self._cold = replace(settings, warm="off")
        self._programs = programs

    def rounds(self, repeats: int) -> dict[str, Any]:
        """Every way once in each round, in an order that is drawn."""
        students = [f"s{number}" for number in range(repeats + 1)]
        peers = {name: self._peer(name, "rounds", students) for name in self._programs}
        found: list[dict[str, dict[str, float]]] = []
        with (
            floor_process(self._folder / "floor") as floor,
            open_class(self._warm, self._folder / "warm", students) as warm,
            open_class(self._cold, self._folder / "cold", [f"cold-{name}" for name in students[1:]]) as cold,
        ):
            alone = Alone(self._warm, self._folder / "alone", self._meter)
            warm.grade()  # from the second submission on
            floor("first")
            alone.grade("alone-first")
            alone.again()
            alone.stages.clear()
            for student in students[1:]:
                ways: dict[str, Callable[[], dict[str, float]]] = {
                    FLOOR: lambda student=student: floor(student),
                    WARM: lambda: timed(self._meter, warm.grade),
                    COLD: lambda: timed(self._meter, cold.grade),
                    ALONE: lambda student=student: timed(self._meter, lambda: alone.grade(f"alone-{student}")),
                    **{
                        name: lambda peer=peer, student=student: self._graded(peer, student)
                        for name, peer in peers.items()
                    },
                }
                order = random.sample(list(ways), len(ways))
                print(f"round {len(found) + 1} of {repeats}: {', '.join(order)}", file=sys.stderr)
                taken = {name: ways[name]() for name in order}
                alone.again()  # graded by its stages, not by one call: asked for once, it is known
                taken[UNCHANGED] = timed(self._meter, alone.again)
                alone.change_a_check()
                taken[AGAIN] = timed(self._meter, alone.judge_again)
                found.append(taken)
            return {"rounds": found, "stages": alone.stages}

    def side_by_side(self, rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
        """Submissions per hour: with one worker as the rounds say, with two from a class for both."""
        hourly: dict[str, dict[str, float]] = {}
        for way in (WARM, COLD, *self._programs):
            walls = sorted(round_[way]["wall"] for round_ in rounds if way in round_)
            hourly[way] = {"1": 3600 / walls[len(walls) // 2]} if walls else {}
        for way, settings in ((WARM, self._warm), (COLD, self._cold)):
            students = [f"w{number}" for number in range(2 * _EACH)]
            with open_class(settings, self._folder / f"two-{way[-4:]}", students) as class_:
                taken = timed(self._meter, lambda class_=class_: class_.grade(2 * _EACH, workers=2))
            hourly[way]["2"] = 3600 * 2 * _EACH / taken["wall"]
        for name in self._programs:
            # a course for each: two of nbgrader's would wait for one database
            peers = [self._peer(name, f"two{number}", [f"w{n}" for n in range(_EACH)]) for number in range(2)]
            taken = timed(self._meter, lambda peers=peers: _at_once(peers, _EACH))
            hourly[name]["2"] = 3600 * 2 * _EACH / taken["wall"]
        return hourly

    def memory(self, settings: Settings, kind: str) -> dict[str, float]:
        """Peak of one worker, and what a second one adds, while both hold everything that a notebook has made."""
        found: dict[int, float] = {}
        for workers in (1, 2):
            students = [f"m{number}" for number in range(workers)]
            place = self._folder / f"memory-{kind}-{workers}"
            with open_class(settings, place, students, _WAIT) as class_, watched(self._meter.others) as seen:
                class_.grade(workers, workers)
            found[workers] = seen.mib
        return {f"ours, {kind}": found[1], f"ours, {kind}, further worker": found[2] - found[1]}

    def memory_of_peers(self) -> dict[str, float]:
        """Peak of each peer."""
        found: dict[str, float] = {}
        with watched(self._meter.others) as idle:  # our server, which has nothing to do with them
            time.sleep(1)
        for name in self._programs:
            peer = self._peer(name, "memory", ["m0"], _WAIT)
            with watched(self._meter.others) as seen:
                peer.grade("m0")
            found[name] = seen.mib - idle.mib
        return found

    def _peer(self, name: str, place: str, students: Sequence[str], more: str = "") -> Peer:
        peer = GRADERS[name](self._programs[name], self._folder / place / name.replace(" ", ""))
        peer.prepare(students, more)
        return peer

    def _graded(self, peer: Peer, student: str) -> dict[str, float]:
        taken = timed(self._meter, lambda: peer.grade(student))
        if peer.passed(student) != 6:
            raise SystemExit(f"{type(peer).__name__}: {peer.passed(student)} of 6 checks met, see {peer.folder}/log")
        return taken


def _at_once(peers: Sequence[Peer], count: int) -> None:
    """Let every one of them grade its class, all at the same time."""

    def grade_all(peer: Peer) -> None:
        for number in range(count):
            peer.grade(f"w{number}")

    threads = [threading.Thread(target=grade_all, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def floor_process(folder: Path) -> Generator[Callable[[str], dict[str, float]]]:
    """Start the process that runs the cells alone; yields what runs them once, by the name of a student."""
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    argv = [sys.executable, "-m", "bench.peers.floor"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (folder / "log").open("w") as log, subprocess.Popen(argv, env=environment, stderr=log, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def run(student: str) -> dict[str, float]:
            print(folder / student, file=asked, flush=True)
            return json.loads(answers.readline())

        yield run
        asked.close()


def machine() -> dict[str, Any]:
    """Return what the figures are of."""
    cores = len(os.sched_getaffinity(0))
    return {
        "cores": cores,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def report(figures: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    """Write speed.json, speed.md and speed.svg; return the lines to print.

    Args:
        figures: from `measure`.
        peers: those that were measured.
    """
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "speed.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    lines: list[str] = []
    if figures["rounds"]:
        (OUT / "speed.svg").write_text(draw(figures), "utf-8")
        lines = [*table(figures), "", *stage_table(figures["stages"]), ""]
        (OUT / "speed.md").write_text("\n".join(lines), "utf-8")
    loads = f"load {figures['machine']['load']:.1f} before and {figures['load_after']:.1f} after"
    about = f"{len(figures['rounds'])} rounds in turn, {figures['machine']['cores']} cores, {loads}"
    return [*lines, *(bar.line() for bar in bars(figures, peers)), about, f"Written: {OUT}"]


def peer_lines(repeats: int, only: Sequence[str]) -> list[str]:
    """Measure, write and return the lines of `python -m bench peers`.

    Args:
        repeats: rounds.
        only: parts and peers to measure; all when empty.

    Raises:
        SystemExit: a name is neither.
    """
    if unknown := sorted(set(only) - {*PARTS, *PEERS}):
        raise SystemExit(f"--only {unknown[0]} is not known; there are {', '.join([*PARTS, *PEERS])}")
    parts = [part for part in PARTS if part in only] or list(PARTS)
    peers = [peer for peer in PEERS if peer in only] or list(PEERS)
    return report(measure(repeats, parts, peers), peers)
