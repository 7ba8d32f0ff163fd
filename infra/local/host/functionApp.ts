import { randomBytes, randomUUID } from 'node:crypto'

import { asError } from '../../../shared/errors.js'
import {
  type Binding,
  type CoreModule,
  type FunctionCallback,
  type FunctionMetadata,
  type HookCallback,
  type HookName,
  type InvocationModel,
  type InvocationResponse,
  type ProgrammingModel,
  type TypedData,
} from './coreModule.js'
import { HostError } from './hostError.js'

/** A function that the app registered; `trigger` is the one of its bindings that starts it. */
export interface RegisteredFunction {
  readonly name: string
  readonly metadata: FunctionMetadata
  readonly callback: FunctionCallback
  readonly trigger: Binding
}

/** What the host sends for one invocation. */
export interface InvocationInput {
  /** The trigger's value, as the host sends it. */
  readonly data: TypedData
  readonly triggerMetadata?: Readonly<Record<string, TypedData>> | undefined
  readonly retryContext?: { readonly retryCount: number; readonly maxRetryCount: number } | undefined
}

/** How an invocation ended; what a function throws is an outcome, not an error of the host. */
export type InvocationOutcome =
  | { readonly kind: 'succeeded'; readonly response: InvocationResponse }
  | { readonly kind: 'failed'; readonly error: Error }

/** A line written by a function (`user`) or by the programming model (`system`). */
export type FunctionLog = (level: string, functionName: string | undefined, message: string) => void

/**
 * The functions an app registered and how one of them is run: the part of the Functions Node worker that an app can
 * observe, without the process boundary. Implements the worker's side of `@azure/functions-core`.
 */
export class FunctionApp implements CoreModule {
  readonly version = '3.9.1'
  readonly hostVersion = '4.1037.0'
  readonly #functions = new Map<string, RegisteredFunction>()
  readonly #hooks = new Map<HookName, HookCallback[]>()
  readonly #appHookData = {}
  readonly #log: FunctionLog
  #model: ProgrammingModel | undefined
  #started = false

  constructor(log: FunctionLog) {
    this.#log = log
  }

  get functions(): readonly RegisteredFunction[] {
    return [...this.#functions.values()]
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
    if (this.#started) throw new HostError('FUNCTION_TWICE', 'A function can only be registered while the app loads.')
    const id = metadata.functionId ?? metadata.name
    if (this.#functions.has(id)) {
      throw new HostError('FUNCTION_TWICE', `Two functions are named "${id}"; names are unique within an app.`)
    }
    const trigger = Object.values(metadata.bindings).find(b => /trigger$/i.test(b.type))
    if (trigger === undefined) throw new HostError('BINDING', `Function "${id}" has no trigger.`)
    this.#functions.set(id, { name: metadata.name, metadata, callback, trigger })
    return { dispose: () => void this.#functions.delete(id) }
  }

  registerHook(name: HookName, callback: HookCallback) {
    const list = this.#hooks.get(name) ?? []
    list.push(callback)
    this.#hooks.set(name, list)
    return {
      dispose: () => {
        const at = list.indexOf(callback)
        if (at >= 0) list.splice(at, 1)
      },
    }
  }

  setProgrammingModel(model: ProgrammingModel): void {
    this.#model = model
  }

  getProgrammingModel(): ProgrammingModel | undefined {
    return this.#model
  }

  log(level: string, _category: string, message: string): void {
    this.#log(level, undefined, message)
  }

  /** Closes registration and runs the app's start hooks. */
  async start(folder: string): Promise<void> {
    await this.#model?.getCapabilities?.({})
    this.#started = true
    await this.#run('appStart', { hookData: {}, appHookData: this.#appHookData, functionAppDirectory: folder })
  }

  async terminate(): Promise<void> {
    await this.#run('appTerminate', { hookData: {}, appHookData: this.#appHookData })
  }

  /** Runs a function once. A failure of the function is an outcome; nothing is thrown for it. */
  async invoke(name: string, input: InvocationInput): Promise<InvocationOutcome> {
    const found = this.#functions.get(name)
    if (found === undefined) throw new HostError('FUNCTION_UNKNOWN', `The app has no function "${name}".`)
    const model = this.#model
    if (model === undefined) throw new HostError('ENTRY_POINT', 'The app loaded no programming model.')
    const core = this.#coreContext(found, input)
    try {
      return { kind: 'succeeded', response: await this.#execute(model.getInvocationModel(core), found, core) }
    } catch (thrown) {
      return { kind: 'failed', error: asError(thrown) }
    }
  }

  async #execute(model: InvocationModel, found: RegisteredFunction, core: { state: string | undefined }) {
    const { context, inputs } = await model.getArguments()
    const shared = { hookData: {}, appHookData: this.#appHookData, invocationContext: context }
    const before = { ...shared, inputs, functionCallback: found.callback }
    core.state = 'preInvocationHooks'
    await this.#run('preInvocation', before)
    const after: { result: unknown; error: unknown } & Record<string, unknown> = {
      ...shared,
      inputs: before.inputs,
      result: null,
      error: null,
    }
    core.state = 'invocation'
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback)
    } catch (thrown) {
      after.error = asError(thrown)
    }
    core.state = 'postInvocationHooks'
    await this.#run('postInvocation', after)
    core.state = undefined
    if (after.error instanceof Error) throw after.error
    return model.getResponse(context, after.result)
  }

  #coreContext({ name, metadata, trigger }: RegisteredFunction, input: InvocationInput) {
    const invocationId = randomUUID()
    return {
      invocationId,
      metadata,
      state: undefined as string | undefined,
      request: {
        invocationId,
        functionId: metadata.functionId ?? name,
        inputData: [{ name: trigger.name, data: input.data }],
        triggerMetadata: input.triggerMetadata ?? {},
        retryContext: input.retryContext,
        traceContext: {
          traceParent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
          traceState: '',
          attributes: {},
        },
      },
      log: (level: string, _category: string, message: string) => {
        this.#log(level, name, message)
      },
    }
  }

  async #run(name: HookName, context: unknown): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context)
  }
}
