import { describe, expect, test } from 'vitest'

import { html } from '../../shared/page/html.js'

describe('markup', () => {
  test('takes text as text, wherever it stands', () => {
    const hostile = `"><img src=x onerror=alert(1)>'\`</script>&amp;`
    const { text } = html`<a title="${hostile}">${hostile}</a>`
    expect(text.match(/</g)?.length).toBe(2)
    expect(text).not.toMatch(/["'`](?!>)[^=]*onerror=alert\(1\)>/)
    expect(text).toContain('&#60;img src=x onerror=alert(1)&#62;')
    expect(text).toContain('&#38;amp;')
  })

  test('takes markup as markup, lists as their items, and nothing as nothing', () => {
    expect(html`<p>${[html`<b>1</b>`, 2, undefined, null, 3n, [html`<i></i>`, '<']]}</p>`.text).toBe(
      '<p><b>1</b>23<i></i>&#60;</p>',
    )
  })

  test('shows control characters and marks of writing direction instead of obeying them', () => {
    expect(html`${'a\u0000b\u001b[2J\u202ec\u200b'}`.text).toBe('a\\x00b\\x1b[2J\\u202ec\\u200b')
  })

  test('cuts what nobody reads', () => {
    expect(html`${'x'.repeat(10_000_000)}`.text.length).toBeLessThan(2_100)
  })
})
