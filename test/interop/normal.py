"""Arrow tables as the JSON that `lake read --format jsonl` prints, so that readers can be compared to the letter."""
import base64
import datetime as dt
import decimal
import json
import math

import pyarrow as pa

EPOCH = dt.datetime(1970, 1, 1)


def type_name(t: pa.DataType) -> str:
    """The Delta type an Arrow type stands for."""
    if pa.types.is_dictionary(t):
        return type_name(t.value_type)
    simple = [
        (pa.types.is_int8, "byte"), (pa.types.is_int16, "short"), (pa.types.is_int32, "integer"),
        (pa.types.is_int64, "long"), (pa.types.is_float32, "float"), (pa.types.is_float64, "double"),
        (pa.types.is_boolean, "boolean"), (pa.types.is_date, "date"),
    ]
    for test, name in simple:
        if test(t):
            return name
    if pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t):
        return "string"
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_binary_view(t):
        return "binary"
    if pa.types.is_timestamp(t):
        return "timestamp" if t.tz else "timestamp_ntz"
    if pa.types.is_decimal(t):
        return f"decimal({t.precision},{t.scale})"
    if is_variant(t):
        return "variant"
    if pa.types.is_struct(t):
        return "struct<" + ",".join(f"{f.name}:{type_name(f.type)}" for f in t) + ">"
    if pa.types.is_map(t):
        return f"map<{type_name(t.key_type)},{type_name(t.item_type)}>"
    if pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_list_view(t):
        return f"array<{type_name(t.value_type)}>"
    raise ValueError(f"no Delta type for {t}")


def is_variant(t: pa.DataType) -> bool:
    """Whether an Arrow type is a variant, as Spark marks it."""
    return pa.types.is_struct(t) and any("variant" in (key.decode() for key in f.metadata or {}) for f in t)


def value(v, t: pa.DataType):
    if v is None:
        return None
    if pa.types.is_dictionary(t):
        return value(v, t.value_type)
    if pa.types.is_timestamp(t):
        naive = v.astimezone(dt.timezone.utc).replace(tzinfo=None) if v.tzinfo else v
        return naive.isoformat(timespec="microseconds") + ("Z" if t.tz else "")
    if pa.types.is_date(t):
        return v.isoformat()
    if pa.types.is_floating(t):
        if math.isnan(v):
            return "NaN"
        if math.isinf(v):
            return "Infinity" if v > 0 else "-Infinity"
        return v
    if pa.types.is_decimal(t):
        return format(decimal.Decimal(v), "f")
    if isinstance(v, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(v)).decode()
    if is_variant(t):
        return {name: value(v[name], pa.binary()) for name in ("metadata", "value")}
    if pa.types.is_struct(t):
        return {f.name: value(v.get(f.name), f.type) for f in t}
    if pa.types.is_map(t):
        pairs = v.items() if isinstance(v, dict) else v
        return [{"key": value(k, t.key_type), "value": value(x, t.item_type)} for k, x in pairs]
    if isinstance(v, list):
        return [value(x, t.value_type) for x in v]
    return v


def write_each(read, tables_and_targets: list[str]) -> None:
    """Reads table after table and writes what it read, or the error, to the file named behind it."""
    for source, target in zip(tables_and_targets[0::2], tables_and_targets[1::2]):
        try:
            table = read(source)
        except Exception as error:
            with open(target, "w", encoding="utf-8") as out:
                out.write(json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\n")
        else:
            write(table, target)


def write(table: pa.Table, path: str) -> None:
    """First line: the columns' types; then one line a row."""
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps({f.name: type_name(f.type) for f in table.schema}) + "\n")
        for batch in table.to_batches():
            columns = [(f.name, f.type, batch.column(i).to_pylist()) for i, f in enumerate(batch.schema)]
            for i in range(batch.num_rows):
                row = {name: value(values[i], t) for name, t, values in columns}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
