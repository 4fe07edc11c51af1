"""Recordings of digits as arrays of samples, with what is said in them."""

import pyarrow as pa

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.sounds.digits import RATE, recordings
from grader.hub.miniatures.tables import sequence, value, write_parquet

ROWS = {"train": 60, "validation": 20}
FEATURES = {
    "id": value("string"),
    "samples": sequence(value("int16")),
    "sampling_rate": value("int64"),
    "text": value("string"),
}
LOUDEST = 32_767


def build(order: Order) -> Figures:
    """Write the splits: samples as 16-bit numbers, because decoding files needs programs that may be missing.

    Args:
        order: parameters `configs`, one configuration.

    Returns:
        `rows_<split>` of each split.
    """
    (config,) = order.parameters["configs"]
    for split, count in ROWS.items():
        found = recordings(f"mini-speech/{split}", count)
        table = pa.table(
            {
                "id": [f"{split}-{at:04d}" for at in range(count)],
                "samples": pa.array(
                    [(one.samples * LOUDEST).astype("int16").tolist() for one in found], pa.list_(pa.int16())
                ),
                "sampling_rate": [RATE] * count,
                "text": [one.text for one in found],
            }
        )
        write_parquet(table, FEATURES, order.folder / config / f"{split}-00000-of-00001.parquet", 20)
    order.progress(1.0)
    return {f"rows_{split}": float(count) for split, count in ROWS.items()}
