/** A stream's declaration as a page to read; a door of its own, because nothing that runs needs it. */
export { documentationOf } from './streamPage.js'
