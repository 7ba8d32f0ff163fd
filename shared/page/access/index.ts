/** Who may see the page, and send its forms; known before anything else of it is loaded. */
export { accessLevel, refusal, type Sender } from './access.js'
