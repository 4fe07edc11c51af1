"""Small changes to a folder of artifacts, each of which is one way of getting it wrong, or a harmless one."""

from collections.abc import Callable, Mapping

from grader.validating.operators import cells, files, json_files, parquet, requests, tables, tensors
from grader.validating.operators.targets import OperatorError

__all__ = ["OPERATORS", "OperatorError"]

#: Name in case.toml -> function of the artifacts' folder and the edit's own arguments.
OPERATORS: Mapping[str, Callable[..., None]] = {
    operator.__name__: operator
    for operator in (
        cells.change_code,
        files.delete,
        files.truncate,
        files.copy_file,
        files.swap_files,
        files.move,
        files.write_text,
        files.line_endings,
        json_files.replace_json,
        json_files.scale_json,
        json_files.shift_json,
        json_files.drop_json,
        json_files.swap_json,
        json_files.reorder_json,
        json_files.keep_entries,
        json_files.permute_json,
        json_files.repeat_json,
        requests.drop_requests,
        requests.repeat_requests,
        tables.swap_rows,
        tables.drop_rows,
        tables.swap_columns,
        tables.map_column,
        tables.shift_column,
        tables.repeat_row,
        parquet.shuffle_parquet,
        parquet.drop_parquet_rows,
        parquet.repeat_parquet_row,
        parquet.drop_parquet_column,
        tensors.base_weights,
        tensors.negate,
        tensors.noise,
        tensors.perturb,
        tensors.zero,
        tensors.put_nan,
        tensors.drop_tensor,
        tensors.rename_tensor,
        tensors.cast,
        tensors.pickle_weights,
    )
}
