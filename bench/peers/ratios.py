"""What the measured seconds say: paired ratios with their spread, the bars, the table."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FLOOR, WARM, COLD, ALONE = "floor", "ours, warm", "ours, cold", "ours, warm, without a batch"
UNCHANGED, AGAIN = "ours, unchanged", "ours, judged again"

#: By way of grading, `{"wall": seconds, "cpu": seconds}` of every round.
Rounds = Sequence[Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Ratio:
    """The middle and the ends of what several rounds gave."""

    middle: float
    least: float
    most: float

    def words(self, digits: int = 2) -> str:
        """Return it as `middle (least .. most)`."""
        return f"{self.middle:.{digits}f} ({self.least:.{digits}f} .. {self.most:.{digits}f})"


@dataclass(frozen=True)
class Bar:
    """One thing that was promised, and what was measured."""

    words: str
    value: float | None
    """None: it was not measured."""
    bound: float
    at_least: bool = False
    """Whether more is better."""

    @property
    def met(self) -> bool | None:
        """Whether the promise holds; None when nothing was measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def line(self) -> str:
        """Return it as one line."""
        told = {True: "met", False: "NOT MET", None: "not measured"}[self.met]
        value = "–" if self.value is None else f"{self.value:.3g}"
        return f"{told:<13}{self.words}: {value} ({'at least' if self.at_least else 'at most'} {self.bound:g})"


def spread(values: Sequence[float]) -> Ratio:
    """Return median, least and most of values."""
    return Ratio(statistics.median(values), min(values), max(values))


def column(rounds: Rounds, way: str, what: str) -> list[float]:
    """Return the seconds of one way, by round."""
    return [round_[way][what] for round_ in rounds if way in round_]


def against(rounds: Rounds, way: str, other: str, what: str) -> Ratio | None:
    """Return how many times the seconds of another way one way takes, each round by itself; None without rounds."""
    pairs = [(round_[way][what], round_[other][what]) for round_ in rounds if way in round_ and other in round_]
    return spread([one / two for one, two in pairs]) if pairs else None


def fastest(rounds: Rounds, peers: Sequence[str], what: str = "cpu") -> str | None:
    """Return the peer whose median is the least; None when none was measured."""
    known = [peer for peer in peers if column(rounds, peer, what)]
    return min(known, key=lambda peer: statistics.median(column(rounds, peer, what)), default=None)


def overhead_share(rounds: Rounds, peer: str) -> Ratio | None:
    """Return the CPU beyond the floor, as a share of a peer's, each round by itself."""
    whole = [round_ for round_ in rounds if {FLOOR, WARM, peer} <= round_.keys()]
    shares = [
        (round_[WARM]["cpu"] - round_[FLOOR]["cpu"]) / (round_[peer]["cpu"] - round_[FLOOR]["cpu"]) for round_ in whole
    ]
    return spread(shares) if shares else None


def throughput_ratio(hourly: Mapping[str, Mapping[str, float]], peers: Sequence[str], workers: str) -> float | None:
    """Return our submissions per hour against those of the fastest peer with as many workers."""
    others = [hourly[peer][workers] for peer in peers if workers in hourly.get(peer, {})]
    ours = hourly.get(WARM, {}).get(workers)
    return ours / max(others) if ours is not None and others else None


def bars(figures: Mapping[str, Any], peers: Sequence[str]) -> list[Bar]:
    """Compare what was measured with what was promised.

    Args:
        figures: as speed.json holds them: rounds, per_hour, memory_mib.
        peers: names of the other graders.
    """
    rounds: Rounds = figures["rounds"]
    peer = fastest(rounds, peers)
    share = overhead_share(rounds, peer) if peer else None
    memory: Mapping[str, float] = figures.get("memory_mib", {})
    further, cold = memory.get("ours, warm, further worker"), memory.get("ours, cold, further worker")
    unchanged = column(rounds, UNCHANGED, "wall")
    return [
        Bar("CPU of a submission / floor", _middle(against(rounds, WARM, FLOOR, "cpu")), 1.35),
        Bar("wall of a submission / floor", _middle(against(rounds, WARM, FLOOR, "wall")), 1.45),
        Bar(f"overhead / overhead of {peer or 'the fastest peer'}", _middle(share), 0.06),
        *(
            Bar(
                f"submissions per hour / fastest peer, {workers} worker{'s' * (workers > '1')}",
                throughput_ratio(figures.get("per_hour", {}), peers, workers),
                5,
                at_least=True,
            )
            for workers in ("1", "2")
        ),
        Bar("first run / judging again, wall", _middle(against(rounds, COLD, AGAIN, "wall")), 50, at_least=True),
        Bar("PSS of a further worker / cold", further / cold if further and cold else None, 0.40),
        Bar("an unchanged submission, ms", 1000 * statistics.median(unchanged) if unchanged else None, 50),
    ]


def table(figures: Mapping[str, Any]) -> list[str]:
    """Return the Markdown table of everything that was graded in turn."""
    rounds: Rounds = figures["rounds"]
    hourly: Mapping[str, Mapping[str, float]] = figures.get("per_hour", {})
    memory: Mapping[str, float] = figures.get("memory_mib", {})
    lines = [
        "| | wall s | CPU s | overhead, CPU s | wall / floor | CPU / floor | per hour, 1 and 2 workers | MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ways = {way for round_ in rounds for way in round_}
    floor = statistics.median(column(rounds, FLOOR, "cpu")) if column(rounds, FLOOR, "cpu") else 0.0
    for way in sorted(ways, key=lambda way: statistics.median(column(rounds, way, "cpu"))):
        wall, cpu = (statistics.median(column(rounds, way, what)) for what in ("wall", "cpu"))
        times = [ratio.words() if (ratio := against(rounds, way, FLOOR, what)) else "–" for what in ("wall", "cpu")]
        counts = hourly.get(way, {})
        whole = way not in {FLOOR, UNCHANGED, AGAIN}
        cells = [
            *(way, f"{wall:.3g}", f"{cpu:.3g}", f"{cpu - floor:.2f}" if whole else ""),
            *(times if whole else ["", ""]),
            " and ".join(f"{counts[number]:.0f}" for number in ("1", "2") if number in counts),
            f"{memory[way]:.0f}" if way in memory else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def stage_table(stages: Sequence[Mapping[str, Sequence[float]]]) -> list[str]:
    """Return the Markdown table of where the time of a warm submission goes, by stage."""
    lines = ["| stage | wall s | CPU s |", "|---|---|---|"]
    for name in stages[0] if stages else ():
        wall, cpu = (spread([entry[name][part] for entry in stages]) for part in (0, 1))
        lines.append(f"| {name} | {wall.words(3)} | {cpu.words(3)} |")
    return lines


def _middle(ratio: Ratio | None) -> float | None:
    return None if ratio is None else ratio.middle
