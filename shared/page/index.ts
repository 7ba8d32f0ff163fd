/** The page of a lake: is the data fresh, complete and cheap. Typed data to markup, free of Azure's types. */
export { answerSql } from './answerSql.js'
export { lakePage, lakePicture, runTaskNow } from './page.js'
