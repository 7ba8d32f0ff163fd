import { ModelError } from '../modelError.js'
import type { OnnxEnd } from './onnxThread.js'

/** The error of a runtime that ended before it had seen a model. Only one that took too long may start later. */
export function startError(end: OnnxEnd, cause: Error): ModelError {
  return new ModelError('MODEL_RUNTIME_START', `ONNX Runtime, which scores with models, ${whyAndRemedy(end)}`, {
    cause,
    retryable: end.kind === 'timeout',
  })
}

function whyAndRemedy(end: OnnxEnd): string {
  if (end.kind === 'timeout')
    return 'did not start in time. The machine is busy: the next run tries again; give it more processors if that stays so.'
  if (end.kind === 'memory')
    return `found no memory to start in: ${sentence(end.message)} Give the process more memory; no model needs to be changed.`
  return (
    `does not start: ${sentence(end.message)} What is installed here lacks a part or has a damaged one: run npm ci, or make the ` +
    'package again and deploy it; no model needs to be changed.'
  )
}

function sentence(message: string): string {
  return message.replace(/\.?$/, '.')
}
