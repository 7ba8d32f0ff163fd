/** Conditions: checked, pruned by, pushed down. */
export { checkCondition } from './conditionCheck.js'
export { tableAlias } from './conditionColumn.js'
export { openExpression } from './openExpression.js'
export { parseCondition, type ParsedCondition } from './parsedCondition.js'
export { chooseFiles, type ChosenFiles, fullScan, neededColumns, planScan } from './scanPlan.js'
export { withPlainYears } from './signedYears.js'
export { sqlPredicate } from './sqlPredicate.js'
