export { createTopics } from './topics.js'
