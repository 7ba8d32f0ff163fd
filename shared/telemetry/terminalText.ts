/**
 * Text for a terminal: nothing in it is taken for a command, and nothing turns the order of what is read around. Line
 * feeds and tabs stay; every other control character (C0, DEL, C1), marks of writing direction, separators of lines and
 * paragraphs and spaces of no width become an escape that JSON reads as the same character, or `\xNN` below U+0080, where
 * JSON has escaped them already.
 *
 * @example
 * terminalText('a\u009b2Jb') // 'a\\u009b2Jb'
 */
export function terminalText(text: string): string {
  return text.replace(unseen, character => {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** The same in one line: line ends and tabs are escaped too. */
export function terminalLine(text: string): string {
  return terminalText(text.replace(/[\n\r\t]/g, character => lineEscapes[character] ?? character))
}

const lineEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

// Unpaired surrogates have no bytes of their own: what a terminal shows for them is another character.
const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
