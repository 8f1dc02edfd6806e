// The same two endpoints on Fastify and better-sqlite3, every write durable: what a careful developer would write.
'use strict'

const { createHash, randomUUID } = require('node:crypto')
const Database = require('better-sqlite3')
const fastify = require('fastify')

const database = new Database(process.env.DATA)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.exec(`
  CREATE TABLE IF NOT EXISTS counters (id TEXT PRIMARY KEY, visits INTEGER NOT NULL, updated TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, business TEXT NOT NULL, price INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, business TEXT NOT NULL, body TEXT NOT NULL, total INTEGER NOT NULL, created TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_by_business ON orders (business, id);
  CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, order_id TEXT NOT NULL, fingerprint TEXT NOT NULL);
  INSERT OR IGNORE INTO items VALUES ('tea', 'shop', 250);
`)

const visit = database.prepare(`
  INSERT INTO counters VALUES ('main_counter', 1, ?)
  ON CONFLICT (id) DO UPDATE SET visits = visits + 1, updated = excluded.updated RETURNING visits
`)
const findKey = database.prepare('SELECT order_id, fingerprint FROM keys WHERE key = ?')
const findItem = database.prepare('SELECT price FROM items WHERE id = ? AND business = ?')
const addOrder = database.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?)')
const addKey = database.prepare('INSERT INTO keys VALUES (?, ?, ?)')

const app = fastify({ logger: true })

const newOrder = {
  type: 'object',
  required: ['customer', 'lines'],
  properties: {
    customer: {
      type: 'object',
      required: ['name', 'phone'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 200 },
        phone: { type: 'string', pattern: '^\\+[1-9][0-9]{1,14}$' }
      }
    },
    lines: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: {
        type: 'object',
        required: ['item_id', 'quantity'],
        properties: { item_id: { type: 'string' }, quantity: { type: 'integer', minimum: 1, maximum: 10000 } }
      }
    }
  }
}
const keyed = { type: 'object', required: ['idempotency-key'], properties: { 'idempotency-key': { type: 'string' } } }
const visited = {
  type: 'object',
  properties: { count: { type: 'integer' }, timestamp: { type: 'string' }, status: { type: 'string' } }
}
const placed = {
  type: 'object',
  properties: { order_id: { type: 'string' }, total_minor: { type: 'integer' }, created_at: { type: 'string' } }
}

function unprocessable (message) {
  return Object.assign(new Error(message), { statusCode: 422 })
}

const place = database.transaction((business, key, order) => {
  const body = JSON.stringify(order)
  const fingerprint = createHash('sha256').update(body).digest('hex')
  const known = findKey.get(key)
  if (known && known.fingerprint !== fingerprint) throw unprocessable('The key was used for another order.')
  if (known) return { order_id: known.order_id }
  let total = 0
  for (const line of order.lines) {
    const item = findItem.get(line.item_id, business)
    if (!item) throw unprocessable('An item cannot be ordered here.')
    total += item.price * line.quantity
  }
  const id = randomUUID()
  const now = new Date().toISOString()
  addOrder.run(id, business, body, total, now)
  addKey.run(key, id, fingerprint)
  return { order_id: id, total_minor: total, created_at: now }
})

app.get('/counter', { schema: { response: { 200: visited } } }, async () => {
  const now = new Date().toISOString()
  return { count: visit.get(now).visits, timestamp: now, status: 'success' }
})

app.post(
  '/api/businesses/:business/orders',
  { schema: { body: newOrder, headers: keyed, response: { 201: placed } } },
  async (request, reply) => {
    const order = place.immediate(request.params.business, request.headers['idempotency-key'], request.body)
    reply.code(order.created_at ? 201 : 200)
    return order
  }
)

app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
