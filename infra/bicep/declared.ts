import { defaultText, isSecret, localDefaults, settingNames } from '../../shared/settings/index.js'
import { streams } from '../../shared/streams/index.js'

/**
 * The text of `infra/app/declared.bicep`: what the deployment has to know of the settings and streams. Every setting is
 * in it, with its default (empty where it has none, or one that is a place on this machine) or among the secrets.
 */
export function declaredBicep(): string {
  const plain = settingNames.filter(name => !isSecret(name))
  const defaults = plain.map(name => `  ${name}: ${quoted(localDefaults.includes(name) ? '' : defaultText(name))}`)
  return [
    '// Made by `npm run docs` from shared/settings/pipelineSettings.ts and shared/streams.',
    '',
    "@description('Every setting that is not secret, with its default; empty: not set.')",
    '@export()',
    'var defaultSettings = {',
    ...defaults,
    '}',
    '',
    "@description('Settings whose values are in the Key Vault and nowhere else.')",
    '@export()',
    ...list('secretSettings', settingNames.filter(isSecret)),
    '',
    "@description('Topics of the declared streams.')",
    '@export()',
    ...list(
      'topics',
      streams.map(stream => stream.topic),
    ),
    '',
  ].join('\n')
}

/** The `secrets` of a parameter file that takes each from the variable of its name in the azd environment. */
export function secretParameters(): Readonly<Record<string, string>> {
  return Object.fromEntries(settingNames.filter(isSecret).map(name => [name, `\${${name}}`]))
}

function list(name: string, values: readonly string[]): readonly string[] {
  return [`var ${name} = [`, ...values.map(value => `  ${quoted(value)}`), ']']
}

/** A text as Bicep writes it. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${').replaceAll('\n', '\\n')
  return `'${escaped}'`
}
