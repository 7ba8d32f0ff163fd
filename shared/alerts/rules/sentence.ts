import { inWords, type Row, textOf } from '../../types/index.js'
import type { Alert } from './alert.js'

/** What an alert says while it fires. */
export function sentenceOf(
  { sentence, signal, unit }: Alert,
  row: Row,
  figures: { readonly value: number; readonly threshold: number },
): string {
  const { dimensions } = signal
  const named = (['step', 'stream'] as const).flatMap(name =>
    dimensions.includes(name) ? (textOf(row, name) ?? []) : [],
  )
  const subject = dimensions.includes('table_name') ? textOf(row, 'table_name') : named.join(' of ')
  const filled = sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'value' || name === 'threshold') return figureText(figures[name], unit)
    return name === 'subject' ? subject || 'the lake' : (textOf(row, name) ?? '')
  })
  return filled.trim()
}

function figureText(value: number, unit: Alert['unit']): string {
  switch (unit) {
    case 'seconds':
      return inWords(value)
    case 'share':
      return `${rounded(value * 100)} %`
    case 'dollars':
      return `${rounded(value)} USD`
    case 'number':
      return rounded(value)
  }
}

const rounded = (value: number) => value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 2 })
