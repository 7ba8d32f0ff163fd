import { bytes, checked, duration, numberBetween, schedule, secret, text, whole } from './settingKinds.js'
import { entraScopeFault, httpUrlFault, modelUriFault, trackingUriFault } from './settingText.js'

/** Where models come from, how they are served, tracked and trained: a part of the environment. */
export const modelSettings = {
  MODEL_URI: checked(modelUriFault)
    .optional()
    .describe(
      "Where models come from, in place of what the streams declare: `lake:models/<name>`, or of an MLflow server `models:/<name>@<alias>`, `models:/<name>/<version>`, `models:/<name>?tag=<key>:<value>`. `{stream}` in it is the stream's name.",
    ),
  MODEL_SCHEDULE: schedule()
    .default('0 */5 * * * *')
    .describe("When the MLflow server is asked for the streams' models, and a new one is copied into the lake."),
  MODEL_FAULT_DEGRADED: duration()
    .default(60 * 60_000)
    .describe(
      'A model that cannot be loaded or asked for longer than this: status DEGRADED; until then it is a remark.',
    ),
  MODEL_TIMEOUT: duration()
    .default(60_000)
    .describe(
      'How long a model may take to load or to score one batch; then it is stopped and the last good one goes on.',
    ),
  MODEL_MEMORY_LIMIT: bytes()
    .default(512 * 1024 ** 2)
    .describe('Maximum memory the models of one process may use.'),
  ANOMALY_THRESHOLD: numberBetween(-1_000_000, 1_000_000, 'number')
    .optional()
    .describe(
      'A score above it is an anomaly (below it, for a stream that says so). What the stream declares, else what the model says, else 0.5, when empty.',
    ),

  MLFLOW_TRACKING_URI: checked(trackingUriFault)
    .optional()
    .describe(
      'An MLflow server, for models named `models:/…` and for tracking: `http(s)://host:port`, `databricks`, or `azureml://…` as `az ml workspace show --query mlflow_tracking_uri` prints it. None when empty.',
    ),
  MLFLOW_REGISTRY_URI: checked(trackingUriFault)
    .optional()
    .describe(
      'Where registered models are, when elsewhere; `databricks-uc` (the default with `databricks`) is Unity Catalog.',
    ),
  MLFLOW_TRACKING_USERNAME: text().optional().describe('User of the MLflow server (basic authentication).'),
  MLFLOW_TRACKING_PASSWORD: secret('Password of that user.'),
  MLFLOW_TRACKING_TOKEN: secret('Bearer token for the MLflow server, instead of user and password.'),
  MLFLOW_TRACKING_ENTRA_SCOPE: checked(entraScopeFault)
    .optional()
    .describe(
      "Scope of the identity's token for an MLflow server behind Microsoft Entra, `api://<application>/.default`. Azure Databricks and Azure Machine Learning need none.",
    ),
  DATABRICKS_HOST: checked(httpUrlFault)
    .optional()
    .describe('The workspace, `https://<workspace>.azuredatabricks.net`, when MLFLOW_TRACKING_URI is `databricks`.'),
  DATABRICKS_TOKEN: secret("Token of Databricks; the identity's when empty."),
  MLFLOW_EXPERIMENT_NAME: text()
    .default('{stream}')
    .describe("The experiment that trainings are runs of; `{stream}` in it is the stream's name."),
  MLFLOW_HTTP_REQUEST_TIMEOUT: whole(1, 3600)
    .default(30)
    .describe(
      'Seconds until an answer of the MLflow server begins, and for each 64 KiB of it; then the request is given up.',
    ),
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: whole(0, 10)
    .default(3)
    .describe('How many more times a request to the MLflow server is made that failed for a reason that passes.'),

  TRAIN_SCHEDULE: schedule()
    .optional()
    .describe('When the models of the streams are trained and registered (NCRONTAB); never by itself when absent.'),
  TRAIN_ROWS: whole(1_000, 10_000_000)
    .default(200_000)
    .describe('Maximum rows of silver that a training draws: four fifths to train on, one fifth to measure by.'),
  MODEL_PROMOTION_MARGIN: numberBetween(0, 1, 'number')
    .default(0.01)
    .describe(
      'By how much a new model must beat the champion to take its place, in area under the ROC curve on the same held-out rows.',
    ),
}
