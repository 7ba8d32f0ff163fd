"""What OpenTelemetry's protobufs and OpenLineage's client make of messages: {traces, metrics, lineage}, texts each, in; one line of JSON out."""
import base64
import importlib
import json
import pkgutil
import sys

import attr
import openlineage.client.generated as generated
from google.protobuf import json_format
from openlineage.client import event_v2
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

given = json.load(open(sys.argv[1]))

modules = [importlib.import_module(f'{generated.__name__}.{m.name}') for m in pkgutil.iter_modules(generated.__path__)]
facets = {
    known._get_schema(): known
    for module in modules
    for known in vars(module).values()
    if isinstance(known, type) and attr.has(known) and hasattr(known, '_get_schema')
}


def with_base64_ids(value):
    """OTLP has ids in hexadecimal, where protobuf's JSON has base64: the one difference of the two."""
    if isinstance(value, list):
        return [with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    sizes = {'traceId': 16, 'spanId': 8}
    found = {}
    for name, one in value.items():
        if name in sizes:
            raw = bytes.fromhex(one)
            assert len(raw) == sizes[name] and any(raw), f'{name} is {one}'
            one = base64.b64encode(raw).decode()
        found[name] = with_base64_ids(one)
    return found


def parsed(text, message):
    return json_format.ParseDict(with_base64_ids(json.loads(text)), message)


def value_of(value):
    kind = value.WhichOneof('value')
    assert kind is not None, 'an attribute without a value'
    return getattr(value, kind)


def attributes(pairs):
    names = [pair.key for pair in pairs]
    assert len(names) == len(set(names)), f'{names} are not unique'
    return {pair.key: value_of(pair.value) for pair in pairs}


def spans(text):
    for of_resource in parsed(text, ExportTraceServiceRequest()).resource_spans:
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield {
                    'name': span.name,
                    'traceId': span.trace_id.hex(),
                    'spanId': span.span_id.hex(),
                    'kind': span.kind,
                    'ms': (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
                    'attributes': attributes(span.attributes),
                    'links': [link.trace_id.hex() for link in span.links],
                    'status': [span.status.code, span.status.message],
                    'resource': attributes(of_resource.resource.attributes),
                }


def points(text):
    for of_resource in parsed(text, ExportMetricsServiceRequest()).resource_metrics:
        for metric in of_resource.scope_metrics[0].metrics:
            kind = metric.WhichOneof('data')
            data = getattr(metric, kind)
            assert kind == 'gauge' or data.aggregation_temporality == 2
            for point in data.data_points:
                if kind == 'histogram':
                    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
                    assert sum(point.bucket_counts) == point.count
                    value = point.count
                else:
                    value = getattr(point, point.WhichOneof('value'))
                yield {
                    'name': metric.name,
                    'unit': metric.unit,
                    'kind': kind,
                    'value': value,
                    'attributes': attributes(point.attributes),
                }


def facet(found):
    """A facet as an instance of the client's class, which its own `_schemaURL` names; what the class does not know is a fault."""
    known = facets[found['_schemaURL']]
    names = {field.name.lstrip('_') for field in attr.fields(known)}
    extra = {name.lstrip('_') for name in found} - names
    assert not extra, f'{known.__name__} has no {extra}'
    known(**{name: one for name, one in found.items() if not name.startswith('_')})
    return known.__name__


def dataset(found, known, own):
    known(namespace=found['namespace'], name=found['name'], facets=found['facets'], **{own: found[own]})
    assert set(found) == {'namespace', 'name', 'facets', own}
    kinds = {name: facet(one) for name, one in {**found['facets'], **found[own]}.items()}
    return {'namespace': found['namespace'], 'name': found['name'], 'facets': kinds}


def event(text):
    found = json.loads(text)
    assert found['schemaURL'] == event_v2.RunEvent._get_schema()
    run, job = found['run'], found['job']
    event_v2.RunEvent(
        eventTime=found['eventTime'],
        producer=found['producer'],
        eventType=event_v2.RunState(found['eventType']),
        run=event_v2.Run(runId=run['runId'], facets=run['facets']),
        job=event_v2.Job(namespace=job['namespace'], name=job['name'], facets=job['facets']),
    )
    return {
        'type': found['eventType'],
        'job': job['name'],
        'facets': {name: facet(one) for name, one in {**run['facets'], **job['facets']}.items()},
        'inputs': [dataset(one, event_v2.InputDataset, 'inputFacets') for one in found['inputs']],
        'outputs': [dataset(one, event_v2.OutputDataset, 'outputFacets') for one in found['outputs']],
    }


print(
    json.dumps(
        {
            'spans': [span for text in given['traces'] for span in spans(text)],
            'points': [point for text in given['metrics'] for point in points(text)],
            'events': [event(text) for text in given['lineage']],
        }
    )
)
