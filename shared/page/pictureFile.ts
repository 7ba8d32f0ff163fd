import type { PageData } from './pageData.js'
import { colours, pictureStyle } from './pictureStyle.js'
import { picture } from './sections/index.js'

/** The picture of the pipeline as an SVG document of its own, with its style, light or dark as its viewer is. Pure. */
export function pictureFile(data: PageData): string {
  const font = 'svg{background:var(--card);font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}'
  const style = `<style>${colours}\n${font}\n${pictureStyle}</style>`
  // Behind the opening tag: an attribute's value has its `>` escaped.
  return `${picture(data).text.replace('>', `>${style}`)}\n`
}
