"""Produces a plan's orders by Confluent's client: each topic in its format, the schema changing on the way."""

import json
import sys
from datetime import datetime, timezone

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

brokers, url, plan_file = sys.argv[1:]
with open(plan_file, encoding="utf-8") as file:
    plan = json.load(file)

# A request that is never answered is made again.
registry = SchemaRegistryClient({"url": url, "timeout": 20})
producer = Producer({"bootstrap.servers": brokers, "acks": "all"})


def avro(evolved):
    fields = [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "amount", "type": "long"},
    ]
    if evolved:
        fields.append({"name": "note", "type": ["null", "string"], "default": None})
    schema = {"type": "record", "name": "Order", "namespace": "shop", "fields": fields}
    return AvroSerializer(registry, json.dumps(schema), lambda order, _: order)


def json_schema(evolved):
    properties = {"id": {"type": "string"}, "at": {"type": "string"}, "amount": {"type": "integer"}}
    if evolved:
        properties["note"] = {"type": "string"}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object", "properties": properties, "required": ["id", "at", "amount"]}
    return JSONSerializer(json.dumps(schema), registry, lambda order, _: order)


def message_class(evolved):
    file = descriptor_pb2.FileDescriptorProto(name="shop/order.proto", package="shop", syntax="proto3", dependency=["google/protobuf/timestamp.proto"])
    file.message_type.add(name="Unused")
    order = file.message_type.add(name="Order")
    kind = descriptor_pb2.FieldDescriptorProto
    fields = [("id", kind.TYPE_STRING, None), ("at", kind.TYPE_MESSAGE, ".google.protobuf.Timestamp"), ("amount", kind.TYPE_INT64, None)]
    for number, (name, type_, type_name) in enumerate(fields, 1):
        order.field.add(name=name, number=number, type=type_, label=kind.LABEL_OPTIONAL, type_name=type_name)
    if evolved:
        order.oneof_decl.add(name="_note")
        order.field.add(name="note", number=4, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL, proto3_optional=True, oneof_index=0)
    pool = descriptor_pool.DescriptorPool()
    stamp = descriptor_pb2.FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(stamp)
    pool.Add(stamp)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


def protobuf(evolved):
    order_class = message_class(evolved)
    return order_class, ProtobufSerializer(order_class, registry, {"use.deprecated.format": False})


for part in plan:
    topic, kind, evolved = part["topic"], part["format"], part["evolved"]
    context = SerializationContext(topic, MessageField.VALUE)
    if kind == "confluent-protobuf":
        order_class, serialize = protobuf(evolved)
    else:
        serialize = avro(evolved) if kind == "confluent-avro" else json_schema(evolved)
    for order in part["orders"]:
        order = dict(order, amount=int(order["amount"]))
        at = datetime.fromtimestamp(order["at"] / 1000, timezone.utc)
        if kind == "confluent-avro":
            order["at"] = at
        elif kind == "confluent-json-schema":
            order["at"] = at.isoformat().replace("+00:00", "Z")
        else:
            message = order_class(**{name: value for name, value in order.items() if name != "at"})
            message.at.FromDatetime(at)
            order = message
        producer.produce(topic, serialize(order, context), timestamp=part["orders"][0]["at"])
producer.flush()
