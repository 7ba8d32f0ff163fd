import Module from 'node:module'

/** A trigger or binding as a function declared it. */
export interface Binding extends Readonly<Record<string, unknown>> {
  readonly name: string
  readonly type: string
  readonly direction?: string | undefined
}

/** A binding's property as text; empty when it is absent or something else. */
export function textOf(binding: Binding, property: string): string {
  const value = binding[property]
  return typeof value === 'string' ? value : ''
}

interface Duration {
  readonly seconds?: number | undefined
  readonly nanos?: number | undefined
}

/** A function's retry policy, as `@azure/functions` passes it: `fixedDelay` or `exponentialBackoff`. */
export interface RetryOptions {
  /** How often a failed execution is repeated; -1 is for ever. */
  readonly maxRetryCount?: number | undefined
  readonly retryStrategy?: string | undefined
  readonly delayInterval?: Duration | undefined
  readonly minimumInterval?: Duration | undefined
  readonly maximumInterval?: Duration | undefined
}

/** A registration by `@azure/functions`: its bindings by name, the trigger among them. */
export interface FunctionMetadata {
  readonly name: string
  readonly functionId?: string | undefined
  readonly bindings: Readonly<Record<string, Binding>>
  readonly retryOptions?: RetryOptions | undefined
}

/** A function's handler; only the programming model knows its arguments. */
export type FunctionCallback = (...args: unknown[]) => unknown

/** Moments at which an app can hook into the worker. */
export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log'
/** A hook's handler; a promise that it returns is waited for. */
export type HookCallback = (context: unknown) => unknown

/** One invocation as the programming model (the @azure/functions package) sees it. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>
}

/** What a function returned, encoded for the host: the value of its return and of its output bindings. */
export interface InvocationResponse {
  readonly outputData?: readonly { readonly name?: string; readonly data?: TypedData | null }[] | null
  readonly returnValue?: TypedData | null
}

/** The host's wire format for a value; exactly one of the properties is set. */
export interface TypedData {
  readonly string?: string
  readonly json?: string
  readonly bytes?: Uint8Array
  readonly http?: HttpData
  readonly collectionString?: { readonly string: readonly string[] }
  readonly collectionBytes?: { readonly bytes: readonly Uint8Array[] }
  readonly collectionSint64?: { readonly sint64: readonly unknown[] }
}

/** An HTTP request or response on the wire to the host (`RpcHttp`); the nullable maps may hold empty values. */
export interface HttpData {
  readonly url?: string
  readonly method?: string
  readonly statusCode?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly nullableHeaders?: Readonly<Record<string, { readonly value: string }>>
  readonly nullableQuery?: Readonly<Record<string, { readonly value: string }>>
  readonly nullableParams?: Readonly<Record<string, { readonly value: string }>>
  readonly body?: TypedData | null
}

/** What `@azure/functions` gives the worker, so that it can turn invocations into calls and results into responses. */
export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(core: unknown): InvocationModel
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>
}

/** A registration that can be taken back. */
export interface Disposable {
  dispose(): void
}

/**
 * What `@azure/functions` finds when it requires `@azure/functions-core`: the functions runtime's side of the contract.
 */
export interface CoreModule {
  readonly version: string
  readonly hostVersion: string
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable
  registerHook(name: HookName, callback: HookCallback): Disposable
  setProgrammingModel(model: ProgrammingModel): void
  getProgrammingModel(): ProgrammingModel | undefined
  log(level: string, category: string, message: string): void
}

const moduleName = '@azure/functions-core'

/**
 * Makes `require('@azure/functions-core')` answer with `core` in this process. The module exists only inside the
 * Functions runtime, so there is nothing on disk to resolve; the package asks for it once and keeps what it gets.
 */
export function provideCoreModule(core: CoreModule): void {
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown }
  const original = prototype.require
  prototype.require = function (id) {
    return id === moduleName ? core : original.call(this, id)
  }
}
