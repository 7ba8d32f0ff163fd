"""Trains and scores isolation forests for the benchmark: one JSON request a line, one JSON answer a line."""
import json
import resource
import sys
import time

import numpy as np
import onnxruntime
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score


def matrix(path, width):
    return np.fromfile(path, dtype=np.float32).reshape(-1, width)


def forest(request):
    return IsolationForest(
        n_estimators=request["trees"], max_samples=request["sampleSize"], random_state=request["seed"], n_jobs=1
    )


def auc(request):
    fitted = forest(request).fit(matrix(request["train"], request["width"]))
    scores = -fitted.score_samples(matrix(request["test"], request["width"]))
    kinds = np.fromfile(request["anomalies"], dtype=np.uint8)
    of_kind = {}
    for kind in (1, 2, 3):
        rows = (kinds == 0) | (kinds == kind)
        of_kind[f"kind{kind}"] = roc_auc_score(kinds[rows] > 0, scores[rows])
    return {"result": roc_auc_score(kinds > 0, scores), **of_kind}


def train(request):
    rows = matrix(request["train"], request["width"])
    started = time.process_time()
    forest(request).fit(rows)
    cpu = time.process_time() - started
    return {"result": cpu, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def score(request):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request["threads"]
    session = onnxruntime.InferenceSession(request["onnx"], options, providers=["CPUExecutionProvider"])
    rows = matrix(request["test"], request["width"])
    session.run(["score"], {"features": rows[:1000]})
    started = time.process_time()
    scores = session.run(["score"], {"features": rows})[0].ravel()
    cpu = time.process_time() - started
    expected = np.fromfile(request["scores"], dtype=np.float32)
    return {"result": cpu, "difference": float(np.abs(scores - expected).max())}


work = {"auc": auc, "train": train, "score": score}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = work[request["work"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
