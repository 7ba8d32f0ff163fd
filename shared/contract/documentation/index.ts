/** A stream's declaration as a page to read, and lines to write into it; a door of its own, because no ingestion needs it. */
export { contractLine, fieldText, outermostFields } from './contractLine.js'
export { documentationOf } from './streamPage.js'
