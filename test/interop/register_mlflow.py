"""Models that Python trains and registers: {columns, rows} in; name, alias and predictions of each as one line of JSON out."""
import json
import sys

import lightgbm
import mlflow
import numpy
import onnx
import pandas
import xgboost
from mlflow.models import infer_signature
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

url, given = sys.argv[1], json.load(open(sys.argv[2]))
mlflow.set_tracking_uri(url)
mlflow.set_experiment('python')
client = mlflow.MlflowClient()
columns, rows = given['columns'], numpy.array(given['rows'], dtype=numpy.float32)
table = pandas.DataFrame(rows, columns=columns)
labels = (rows[:, 0] > numpy.median(rows[:, 0])).astype(int)


def register(name, model, outputs, **options):
    with mlflow.start_run():
        mlflow.onnx.log_model(
            model, name='model', registered_model_name=name, pip_requirements=['onnx', 'onnxruntime'],
            signature=infer_signature(table, outputs) if 'signature' not in options else options.pop('signature'), **options)
    client.set_registered_model_alias(name, 'champion', client.get_latest_versions(name)[0].version)
    return outputs.reshape(-1).tolist()


def network():
    """As torch.onnx exports a small network: two layers and a sigmoid, a free first dimension."""
    random = numpy.random.RandomState(7)
    width, hidden = len(columns), 512
    first, second = random.randn(width, hidden).astype(numpy.float32) * .1, random.randn(hidden, 1).astype(numpy.float32) * .1
    weights = [numpy_helper.from_array(array, name) for array, name in [(first, 'fc1.weight'), (second, 'fc2.weight')]]
    nodes = [
        helper.make_node('MatMul', ['x', 'fc1.weight'], ['h']), helper.make_node('Relu', ['h'], ['a']),
        helper.make_node('MatMul', ['a', 'fc2.weight'], ['l']), helper.make_node('Sigmoid', ['l'], ['y'])]
    graph = helper.make_graph(
        nodes, 'main_graph', [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['batch', width])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, ['batch', 1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    scores = 1 / (1 + numpy.exp(-(numpy.maximum(rows @ first, 0) @ second)))
    return model, scores.astype(numpy.float32)


forest = IsolationForest(random_state=7).fit(rows)
boosted = lightgbm.LGBMClassifier(n_estimators=20, min_child_samples=5, verbose=-1).fit(rows, labels)
extreme = xgboost.XGBClassifier(n_estimators=20, max_depth=3, random_state=7).fit(rows, labels)
linear = LogisticRegression().fit(rows, labels)
types = [('input', FloatTensorType([None, len(columns)]))]
onnx_network, network_scores = network()
float_rows = {'signature': infer_signature(rows, network_scores), 'input_example': rows[:2]}
print(json.dumps({
    'sklearn forest': register(
        'sklearn forest', to_onnx(forest, rows[:1], target_opset={'': 17, 'ai.onnx.ml': 3}), forest.decision_function(rows).astype(numpy.float32),
        input_example=table.head(3)),
    'lightgbm': register(
        'lightgbm', convert_lightgbm(boosted, initial_types=types, zipmap=False, target_opset=15), boosted.predict_proba(rows)[:, 1]),
    "xgboost's 100%": register(
        "xgboost's 100%", convert_xgboost(extreme, initial_types=types, target_opset=15), extreme.predict_proba(rows)[:, 1]),
    'torch': register('torch', onnx_network, network_scores, save_as_external_data=True, metadata={'features': given['features']}, **float_rows),
    'zipmap': register('zipmap', to_onnx(linear, rows[:1]), linear.predict_proba(rows)[:, 1]),
}))
