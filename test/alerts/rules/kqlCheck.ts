import { createRequire } from 'node:module'

/** The parts of Microsoft's language service that are used; it has no types that a module can import. */
interface LanguageService {
  readonly Kusto: {
    readonly Language: {
      readonly KustoCode: { ParseAndAnalyze(text: string, globals: unknown): KustoCode }
      readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } }
      readonly Symbols: {
        readonly Symbol: unknown
        readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, description: string) => unknown }
        readonly DatabaseSymbol: {
          readonly $ctor3: new (name: string, alternate: string, members: unknown, isOpen: boolean) => unknown
        }
      }
    }
  }
  readonly System: {
    readonly Collections: {
      readonly Generic: { List$1(type: unknown): { readonly ctor: new () => { add(one: unknown): void } } }
    }
  }
}

interface KustoCode {
  GetDiagnostics(): { readonly Count: number; getItem(i: number): { readonly Message: string } }
}

const require = createRequire(import.meta.url)
require('@kusto/language-service-next/bridge.min.js')
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')

const { Kusto, System } = globalThis as unknown as LanguageService
const { KustoCode, GlobalState, Symbols } = Kusto.Language
const members = new (System.Collections.Generic.List$1(Symbols.Symbol).ctor)()
members.add(
  new Symbols.TableSymbol.$ctor7(
    'traces',
    '(timestamp:datetime, message:string, severityLevel:int, customDimensions:dynamic, operation_Id:string, cloud_RoleInstance:string)',
    '',
  ),
)
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3('insights', '', members, false))

/** What is wrong with a query on Application Insights: syntax, names and types, by the service that the portal uses. */
export function kqlFaults(query: string): readonly string[] {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics()
  return Array.from({ length: found.Count }, (_, i) => found.getItem(i).Message)
}
