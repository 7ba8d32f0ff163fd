import { z } from 'zod'

import { decimal, defineStream, long, timestamp } from '../../../shared/contract/index.js'

/** A numeric key, a pattern, a choice, a struct, a list, a decimal, an expectation that code says. */
export const orders = defineStream({
  name: 'orders',
  topic: 'shop.orders',
  schema: z.object({
    order_no: long(),
    reference: z.string().regex(/^ORD-\d{4}-[A-Z]{2}$/),
    status: z.enum(['new', 'paid', 'shipped']),
    customer: z.object({ email: z.email(), country: z.string().length(2).optional() }),
    lines: z.array(z.object({ sku: z.string().min(3).max(8), quantity: z.int().min(1).max(9) })).min(1),
    total: decimal(10, 2),
    placed_at: timestamp(),
  }),
  key: 'order_no',
  eventTime: 'placed_at',
  allowedLateness: '1 hour',
  dedupeWithin: '2 days',
  clusterBy: ['status', 'placed_at'],
  expectations: { 'a total is not negative': order => order.total >= 0n },
})
