// The cells with node-postgres; knows no other driver.
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline as flow } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import * as m from './matrix.mjs'

async function open(s, options = {}) {
  const client = new pg.Client(config(s, options))
  // A connection that breaks says so here too; what matters is what the next query says.
  client.on('error', () => {})
  await client.connect()
  return client
}

const config = (s, options) => ({
  host: s.host,
  port: s.port,
  user: s.user,
  password: s.password,
  database: s.database,
  ssl: s.ca ? { ca: s.ca } : false,
  ...(s.socket && m.postgresSocket(s.socket)),
  ...options,
})

const one = async (client, sql, values) => Object.values((await client.query(sql, values)).rows[0])

async function connect(s) {
  const client = await open(s)
  m.same('the row', await one(client, "select 6 * 7 as a, 'grün' as b, null::text as c"), [42, 'grün', null])
  await client.end()
}

async function reuse(s) {
  const sessions = new Set()
  for (let pass = 0; pass < m.passes; pass++) {
    const client = await open(s)
    const [session, timeout] = await one(
      client,
      "select pg_backend_pid() as a, current_setting('statement_timeout') as b",
    )
    sessions.add(session)
    m.same('statement_timeout of a new connection', timeout, '0')
    await client.query('set statement_timeout = 54321; create temp table driver_trace (n int)')
    await client.end()
  }
  return m.reuseFact(sessions)
}

async function prepared(s) {
  for (const [sql, wanted] of [['select $1::int + 1', 42], ['select $1::int * 2', 82]]) {
    const client = await open(s)
    for (let again = 0; again < 2; again++) {
      m.same(sql, await one(client, { name: 'driver_statement', text: sql, values: [41] }), [wanted])
    }
    m.same('the unnamed statement', await one(client, sql, [41]), [wanted])
    await client.end()
  }
}

async function pipeline(s) {
  const client = await open(s, { pipeline: true })
  // All are sent before the first is answered; the one with 0 fails alone.
  const numbers = Array.from({ length: m.queries }, (_, number) => number)
  const answers = await Promise.allSettled(
    numbers.map((number) => one(client, 'select 100 / $1::int as a, $1::int as b', [number])),
  )
  m.same('the code of the error', answers[0].reason?.code, '22012')
  for (const number of numbers.slice(1)) {
    if (answers[number].reason) throw answers[number].reason
    m.same('the answer', answers[number].value, [Math.floor(100 / number), number])
  }
  await client.end()
}

async function copy(s) {
  const client = await open(s)
  const table = m.unique('copy')
  await client.query(`create table ${table} (n int primary key, word text)`)
  const rows = m.bulkText()
  const into = client.query(copyStreams.from(`copy ${table} from stdin`))
  await flow(Readable.from(rows.match(/[^]{1,8000}/g)), into)
  m.same('rows copied in', into.rowCount, m.bulkRows)
  const out = await text(client.query(copyStreams.to(`copy (select * from ${table} order by n) to stdout`)))
  m.same('whether the same rows came out', out === rows, true)
  await client.query(`drop table ${table}`)
  await client.end()
}

async function listen(s) {
  const [listener, speaker] = [await open(s), await open(s)]
  const channel = m.unique('listen')
  await listener.query(`listen ${channel}`)
  for (const word of ['first', 'second']) {
    const heard = once(listener, 'notification')
    await speaker.query('select pg_notify($1, $2)', [channel, word])
    const [said] = await m.within('the notification', 10, heard)
    m.same('channel and word', [said.channel, said.payload], [channel, word])
  }
  await listener.end()
  await speaker.end()
}

async function cancel(s) {
  const [client, watcher] = [await open(s), await open(s)]
  const mark = m.unique('cancel')
  const query = new pg.Query(`select pg_sleep(40) /* ${mark} */`)
  const slept = once(query, 'end')
  client.query(query)
  await m.until('the query runs', async () => {
    const running =
      "select count(*)::int as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() " +
      "and query like '%' || $1 || '%'"
    return (await one(watcher, running, [mark]))[0] === 1
  })
  new pg.Client(config(s, {})).cancel(client, query)
  const error = await m.failure('the query', m.within('cancelling', 20, slept))
  m.same('the code of the error', error.code, '57014')
  m.same('the next answer', await one(client, 'select 6 * 7 as n'), [42])
  await client.end()
  await watcher.end()
}

async function tls(s) {
  const other = m.withOtherCa(s)
  const client = await open(s)
  const encrypted = await one(client, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')
  m.same('encryption at the server', encrypted, [true])
  await client.end()
  m.certificateRefused(await m.failure('a certificate of another authority', open(other)))
}

async function transactionLeftOpen(s) {
  const table = m.unique('transaction')
  const count = `select count(*)::int as n from ${table}`
  const first = await open(s)
  await first.query(`create table ${table} (n int)`)
  await first.query('begin')
  await first.query(`insert into ${table} values (1)`)
  m.same('rows inside', await one(first, count), [1])
  await first.end()
  const second = await open(s)
  m.same('rows after', await one(second, count), [0])
  m.same('the code of the error', (await m.failure('a savepoint', second.query('savepoint inside'))).code, '25P01')
  await m.within('dropping the table', 20, second.query(`drop table ${table}`))
  await second.end()
}

async function wrongPassword(s) {
  const error = await m.failure('a wrong password', open(m.withWrongPassword(s)))
  if (error.code !== '28P01') throw error
  await connect(s)
}

async function serverRestart(s) {
  const client = await open(s)
  m.same('the answer before', await one(client, 'select 1 as n'), [1])
  await m.restartServer()
  await m.within('the error', 10, m.failure('the connection after the restart', one(client, 'select 2 as n')))
  await m.eventually('a new connection', () => connect(s))
}

await m.run({
  connect,
  reuse,
  prepared,
  pipeline,
  copy,
  listen,
  cancel,
  tls,
  'transaction-left-open': transactionLeftOpen,
  'wrong-password': wrongPassword,
  'server-restart': serverRestart,
})
