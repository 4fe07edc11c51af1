"""Changes to a processed data set that keep the rest of a submission consistent, as a real mistake would."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from grader.checking.api.cases import rerun

DATASET = "datasets/stanfordnlp/imdb"
LIST = pa.list_(pa.int32())
CODE_CELLS = ("parameters", "setup", "exercise-2", "exercise-5")


# --- rows ---------------------------------------------------------------------------------------------------------


def lose_last(folder: Path, rows: int) -> None:
    """Lose the last rows of the training split: a last batch that is not full."""
    _edit(folder, "train", lambda table: table.slice(0, len(table) - rows), last_only=True)
    restate(folder)


def lose_shard(folder: Path) -> None:
    """Leave out one shard of the training split."""
    _shards(folder, "train")[-1].unlink()
    restate(folder)


def repeat_shard(folder: Path) -> None:
    """Write one shard in the place of another."""
    first, second, *_ = _shards(folder, "train")
    shutil.copyfile(first, second)
    restate(folder)


def keep_duplicates(folder: Path, context, to: str, most: int = 40) -> None:
    """Put rows back that have the same text as a row of the training split, into the same split or into the other."""
    train = _read(folder, "train")
    at = {name: number for number, name in enumerate(train.column("id").to_pylist())}
    first: dict[str, str] = {}
    again: list[tuple[str, str]] = []
    for name, text in _source(context):
        if text in first and first[text] in at:
            again.append((name, first[text]))
        first.setdefault(text, name)
    chosen = [pair for pair in again if pair[0] not in at][:most]
    more = train.take([at[original] for _, original in chosen])
    more = more.set_column(more.column_names.index("id"), "id", pa.array([name for name, _ in chosen]))
    _edit(folder, to, lambda table: pa.concat_tables([table, more.cast(table.schema)]), last_only=True)
    restate(folder)


def copy_into_test(folder: Path, rows: int) -> None:
    """Copy rows of the training split into the test split."""
    taken = _read(folder, "train").slice(0, rows)
    _edit(folder, "test", lambda table: pa.concat_tables([table, taken.cast(table.schema)]), last_only=True)
    restate(folder)


def renumber(folder: Path) -> None:
    """Give every row a new id."""

    def change(table: pa.Table) -> pa.Table:
        return _put(table, "id", pa.array([str(number) for number in range(len(table))]))

    for split in ("train", "test"):
        _edit(folder, split, change)


def swap_between_splits(folder: Path, rows: int, by_label: bool = False) -> None:
    """Exchange rows of train and test, as another seed does; `by_label` good ones for bad ones."""
    train, test = _read(folder, "train"), _read(folder, "test")
    given = _first(train, rows, 1 if by_label else None)
    taken = _first(test, rows, 0 if by_label else None)
    for split, out, into in (("train", given, test.take(taken)), ("test", taken, train.take(given))):
        table = _read(folder, split)
        kept = table.take(np.setdiff1d(np.arange(len(table)), out))
        _write(folder, split, pa.concat_tables([kept, into.cast(kept.schema)]))
    restate(folder)


def shuffle_rows(folder: Path) -> None:
    """Give the rows of each split another order: harmless."""
    for split in ("train", "test"):
        table = _read(folder, split)
        _write(folder, split, table.take(np.random.default_rng(0).permutation(len(table))))


# --- columns ------------------------------------------------------------------------------------------------------


def sort_labels(folder: Path) -> None:
    """Sort the labels of each shard by themselves."""
    for split in ("train", "test"):
        _edit(folder, split, lambda table: _put(table, "label", pa.array(np.sort(table.column("label").to_numpy()))))


def flip_labels(folder: Path) -> None:
    """Turn every label into the other one."""
    for split in ("train", "test"):
        _edit(folder, split, lambda table: _put(table, "label", pa.array(1 - table.column("label").to_numpy())))
    restate(folder)


def other_vocabulary(folder: Path) -> None:
    """Give every word another number, as a tokenizer of another checkpoint does."""
    _map_ids(folder, lambda ids: [token if token < 110 else 110 + (token - 110 + 17) % 1_000 for token in ids])


def cut_at(folder: Path, length: int) -> None:
    """Cut every row off at another length, with its last token kept."""
    _map_ids(folder, lambda ids: [*ids[: length - 1], ids[-1]] if len(ids) > length else ids)


def no_special_tokens(folder: Path) -> None:
    """Leave out what the tokenizer puts before and after a text."""
    _map_ids(folder, lambda ids: ids[1:-1])


def pad_to(folder: Path, length: int) -> None:
    """Fill every row up."""
    _map_ids(folder, lambda ids: ids + [0] * (length - len(ids)), lambda ids: [int(token > 0) for token in ids])


def mask_first(folder: Path) -> None:
    """Mask the first token of every row."""
    _map_ids(folder, lambda ids: ids, lambda ids: [0] + [1] * (len(ids) - 1))


def retype(folder: Path, column: str, dtype: str) -> None:
    """Store a column in another type: `text`, `float`, `int8`, `int64`, `large lists`."""
    types = {
        "text": lambda column: pa.array([" ".join(map(str, value)) for value in column.to_pylist()]),
        "float": lambda column: column.cast(pa.float64()),
        "int8": lambda column: column.cast(pa.int8()),
        "large lists": lambda column: column.cast(pa.large_list(pa.int64())),
    }
    for split in ("train", "test"):
        _edit(folder, split, lambda table: _put(table, column, types[dtype](table.column(column))))


def empty_cells(folder: Path, column: str) -> None:
    """Leave some cells of a column empty."""

    def change(table: pa.Table) -> pa.Table:
        values = table.column(column).to_pylist()
        return _put(table, column, pa.array([None, *values[1:]], table.schema.field(column).type))

    _edit(folder, "test", change, last_only=True)


def drop_column(folder: Path, column: str) -> None:
    """Leave a column out."""
    for split in ("train", "test"):
        _edit(folder, split, lambda table: table.drop_columns([column]))


def add_text(folder: Path) -> None:
    """Keep one more column: harmless."""
    for split in ("train", "test"):
        _edit(folder, split, lambda table: table.append_column("text", pa.array(["kept"] * len(table))))


def compress(folder: Path) -> None:
    """Write with another compression, in one file per split: harmless."""
    for split in ("train", "test"):
        table = _read(folder, split)
        for path in _shards(folder, split):
            path.unlink()
        pq.write_table(table, folder / f"processed/{split}-00000-of-00001.parquet", compression="zstd")


def save_as_arrow(folder: Path) -> None:
    """Save in the format of `save_to_disk` instead."""
    for split in ("train", "test"):
        table = _read(folder, split)
        for path in _shards(folder, split):
            path.unlink()
        place = folder / "processed" / split
        place.mkdir()
        with (
            pa.OSFile(str(place / "data-00000-of-00001.arrow"), "wb") as file,
            pa.ipc.new_stream(file, table.schema) as out,
        ):
            out.write_table(table)


# --- what was reported, and what was seen from outside --------------------------------------------------------------


def restate(folder: Path) -> None:
    """Make stats.json and padding.json tell of the data set as it is now."""
    path = folder / "stats.json"
    stats = json.loads(path.read_text("utf-8"))
    for split in ("train", "test"):
        table = _read(folder, split)
        tokens = np.array([len(ids) for ids in table.column("input_ids").to_pylist()])
        labels = table.column("label").to_numpy()
        stats["splits"][split] = {
            "rows": len(table),
            "labels": {str(label): int((labels == label).sum()) for label in (0, 1)},
            "tokens": {
                "p50": float(np.percentile(tokens, 50)),
                "p95": float(np.percentile(tokens, 95)),
                "max": int(tokens.max()),
            },
        }
    path.write_text(json.dumps(stats), "utf-8")
    _restate_padding(folder)


def _restate_padding(folder: Path) -> None:
    path = folder / "padding.json"
    told = json.loads(path.read_text("utf-8"))
    tokens = np.array([len(ids) for ids in _read(folder, "train").column("input_ids").to_pylist()])
    for how in ("fixed", "dynamic", "sorted"):
        ordered = np.sort(tokens) if how == "sorted" else tokens
        starts = np.arange(0, len(ordered), 32)
        sizes = np.diff(np.append(starts, len(ordered)))
        longest = 40 if how == "fixed" else np.maximum.reduceat(ordered, starts)
        told["share"][how] = max(0.0, float(1 - ordered.sum() / (longest * sizes).sum()))
    path.write_text(json.dumps(told), "utf-8")


def stats_of_raw(folder: Path) -> None:
    """Report the rows of the raw data, split by the stated share."""
    path = folder / "stats.json"
    stats = json.loads(path.read_text("utf-8"))
    for split, share in (("train", 0.9), ("test", 0.1)):
        told = stats["splits"][split]
        told["rows"] = round(share * stats["rows_in"])
        told["labels"] = {label: round(share * stats["rows_in"] / 2) for label in ("0", "1")}
    path.write_text(json.dumps(stats), "utf-8")


def seen_from_outside(folder: Path, context, cell: str, work: float = 1.0, more_mb: int = 0) -> None:
    """Change what was measured of one cell: a mistake that only a real run can show, by what was measured of one."""
    del folder
    path = context.run / "run.json"
    run = json.loads(path.read_text("utf-8"))
    for seen in run["cells"]:
        if seen["id"] == cell:
            seen["anonymous_bytes"] += more_mb * 1_000_000
            seen["cpu_seconds"] *= work
    path.write_text(json.dumps(run), "utf-8")


def change_source(folder: Path, context, cell: str, old: str, new: str) -> None:
    """Change the code that a cell ran with; what it made stays, for it would be the same."""
    del folder
    path = context.run / "executed.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    for found in notebook["cells"]:
        if found["id"] == cell:
            found["source"] = "".join(found["source"]).replace(old, new)
    path.write_text(json.dumps(notebook), "utf-8")


def drop_streams(folder: Path, context) -> None:
    """Take the reading of parts of files out of the Hub's log."""
    del folder
    _rewrite_log(context, lambda record: 0 if record["status"] == 206 else 1)


def repeat_streams(folder: Path, context, times: int) -> None:
    """Have parts of files read so many times, as one file after the other is."""
    del folder
    _rewrite_log(context, lambda record: times if record["status"] == 206 else 1)


def _rewrite_log(context, times) -> None:
    path = context.run / "hub" / "requests.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line * times(json.loads(line)) for line in lines), "utf-8")


def change_functions(folder: Path, context, changes) -> None:
    """Change lines of the two functions that are probed, and call them again; the data set stays as it is."""
    del folder
    with tempfile.TemporaryDirectory(prefix="grader-functions-") as scratch:
        run, output = Path(scratch) / "run", Path(scratch) / "output"
        run.mkdir()
        output.mkdir()
        notebook = json.loads((context.run / "submission.ipynb").read_text("utf-8"))
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in CODE_CELLS]
        (run / "submission.ipynb").write_text(json.dumps(notebook), "utf-8")
        for name in ("run.json", "probes.json"):
            shutil.copyfile(context.run / name, run / name)
        rerun(run, context.bases, changes, output)
        shutil.copyfile(run / "probes.json", context.run / "probes.json")


# --- tables ---------------------------------------------------------------------------------------------------------


def _shards(folder: Path, split: str) -> list[Path]:
    return sorted((folder / "processed").glob(f"{split}-*.parquet"))


def _read(folder: Path, split: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path, partitioning=None) for path in _shards(folder, split)])


def _write(folder: Path, split: str, table: pa.Table) -> None:
    paths = _shards(folder, split)
    size = -(-len(table) // len(paths))
    for number, path in enumerate(paths):
        pq.write_table(table.slice(number * size, size), path)


def _edit(folder: Path, split: str, change, *, last_only: bool = False) -> None:
    paths = _shards(folder, split)
    for path in paths[-1:] if last_only else paths:
        pq.write_table(change(pq.read_table(path, partitioning=None)), path)


def _put(table: pa.Table, column: str, values) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)


def _map_ids(folder: Path, change, mask=lambda ids: [1] * len(ids)) -> None:
    """Change the ids of every row, and let mask and statistics follow."""

    def edit(table: pa.Table) -> pa.Table:
        ids = [change(row) for row in table.column("input_ids").to_pylist()]
        table = _put(table, "input_ids", pa.array(ids, LIST))
        return _put(table, "attention_mask", pa.array([mask(row) for row in ids], LIST))

    for split in ("train", "test"):
        _edit(folder, split, edit)
    restate(folder)


def _first(table: pa.Table, rows: int, label: int | None) -> np.ndarray:
    labels = table.column("label").to_numpy()
    return (np.arange(len(labels)) if label is None else np.flatnonzero(labels == label))[:rows]


def _source(context):
    """Id and text of the rows that the run was given."""
    rows = json.loads((context.run / "run.json").read_text("utf-8"))["parameters"]["rows"]
    for path in sorted((context.bases[DATASET] / "large").glob("*.parquet")):
        table = pq.read_table(path, columns=["id", "text", "label"], partitioning=None).slice(0, rows)
        rows -= len(table)
        yield from (
            (name, text)
            for name, text, label in zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
            if label in {"0", "1"} and text.strip()
        )
        if rows <= 0:
            return
