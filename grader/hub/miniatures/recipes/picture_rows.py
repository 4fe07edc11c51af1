"""Pictures of shapes as PNG files in a table, with a label and a caption."""

from io import BytesIO

import pyarrow as pa
from PIL import Image

from grader.hub.miniatures.order import Figures, Order
from grader.hub.miniatures.pictures.shapes import SHAPES, Picture, pictures
from grader.hub.miniatures.tables import class_label, value, write_parquet

ROWS = {"train": 600, "test": 200}
NAMES = tuple(SHAPES)
FEATURES = {"image": {"_type": "Image"}, "label": class_label(NAMES), "caption": value("string")}


def build(order: Order) -> Figures:
    """Write the splits.

    Args:
        order: parameters `configs`, one configuration.

    Returns:
        `rows_<split>` of each split.
    """
    (config,) = order.parameters["configs"]
    for split, count in ROWS.items():
        rows = [_row(at, one) for at, one in enumerate(pictures(f"mini-shapes/{split}", count))]
        write_parquet(
            pa.Table.from_pylist(rows), FEATURES, order.folder / config / f"{split}-00000-of-00001.parquet", 100
        )
        order.progress(1.0)
    return {f"rows_{split}": float(count) for split, count in ROWS.items()}


def _row(at: int, one: Picture) -> dict[str, object]:
    with BytesIO() as png:
        Image.fromarray(one.pixels).save(png, "PNG")
        image = {"bytes": png.getvalue(), "path": f"{at:05d}.png"}
    return {"image": image, "label": NAMES.index(one.shape), "caption": one.caption}
