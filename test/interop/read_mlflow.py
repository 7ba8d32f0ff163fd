"""What MLflow's own client sees of a version, and of a folder of the same model where one is named: {model, alias, rows, folder} in, one line of JSON out."""
import json
import sys

import mlflow
import numpy
import onnxruntime

url, given = sys.argv[1], json.load(open(sys.argv[2]))
mlflow.set_tracking_uri(url)
client = mlflow.MlflowClient()
version = client.get_model_version_by_alias(given['model'], given['alias'])
run = client.get_run(version.run_id)
logged = client.get_logged_model(version.source.removeprefix('models:/'))
uri = f"models:/{given['model']}@{given['alias']}"
rows = numpy.array(given['rows'], dtype=numpy.float32)


def predictions(uri):
    session = onnxruntime.InferenceSession(mlflow.onnx.load_model(uri).SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: rows})[0].reshape(-1).tolist()


def seen_of_folder(folder):
    function = mlflow.pyfunc.load_model(folder)
    return {
        'predictions': predictions(folder),
        'example': function.predict(function.input_example).iloc[:, 0].tolist(),
        'signature': [c['name'] for c in function.metadata.signature.inputs.to_dict()],
        'run': function.metadata.run_id,
    }


function = mlflow.pyfunc.load_model(uri)
dataset = run.inputs.dataset_inputs[0]
source = mlflow.data.get_source(dataset.dataset)
print(json.dumps({
    'version': {'number': version.version, 'source': version.source, 'status': version.status, 'tags': version.tags, 'aliases': list(version.aliases)},
    'run': {
        'status': run.info.status,
        'experiment': client.get_experiment(run.info.experiment_id).name,
        'params': run.data.params,
        'metrics': run.data.metrics,
        'history': [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, 'loss')],
        'outputs': [m.model_id for m in run.outputs.model_outputs],
        'plots': [f.path for f in client.list_artifacts(run.info.run_id, 'plots')],
    },
    'dataset': {'name': dataset.dataset.name, 'context': {t.key: t.value for t in dataset.tags}, 'path': source.path, 'version': source.delta_table_version},
    'logged': {'id': logged.model_id, 'status': str(logged.status), 'metrics': {m.key: m.value for m in logged.metrics if m.key != 'loss'}},
    'signature': [c['name'] for c in function.metadata.signature.inputs.to_dict()],
    'example': function.predict(function.input_example).iloc[:, 0].tolist(),
    'predictions': predictions(uri),
    'folder': seen_of_folder(given['folder']) if 'folder' in given else None,
}))
