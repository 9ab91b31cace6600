// The cells with postgres.js; knows no other driver.
import { Readable } from 'node:stream'
import { pipeline as flow } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import postgres from 'postgres'
import * as m from './matrix.mjs'

/** One connection, opened with the first query. */
const open = (s, options = {}) =>
  postgres({
    host: s.host,
    port: s.port,
    user: s.user,
    password: s.password,
    database: s.database,
    path: s.socket,
    ssl: s.ca ? { ca: s.ca } : false,
    max: 1,
    onnotice: () => {},
    ...options,
  })

const one = async (query) => Object.values((await query)[0])

async function connect(s) {
  const sql = open(s)
  m.same('the row', await one(sql`select 6 * 7 as a, 'grün' as b, null::text as c`), [42, 'grün', null])
  const [{ server_version: version }] = await sql`show server_version`
  m.same('the announced version', sql.parameters.server_version, version)
  await sql.end()
}

async function reuse(s) {
  const sessions = new Set()
  for (let pass = 0; pass < m.passes; pass++) {
    const sql = open(s)
    const [session, timeout] = await one(
      sql`select pg_backend_pid() as a, current_setting('statement_timeout') as b`,
    )
    sessions.add(session)
    m.same('statement_timeout of a new connection', timeout, '0')
    await sql.unsafe('set statement_timeout = 54321; create temp table driver_trace (n int)')
    await sql.end()
  }
  return m.reuseFact(sessions)
}

async function prepared(s) {
  for (const [query, wanted] of [['select $1::int + 1', 42], ['select $1::int * 2', 82]]) {
    const sql = open(s)
    for (let again = 0; again < 2; again++) {
      m.same(query, await one(sql.unsafe(query, [41], { prepare: true })), [wanted])
    }
    m.same('the unnamed statement', await one(sql.unsafe(query, [41])), [wanted])
    // The driver makes up its names; this is one that two connections share.
    await sql.unsafe(`prepare driver_statement as ${query}`)
    m.same('the statement of the SQL', await one(sql.unsafe('execute driver_statement(41)')), [wanted])
    await sql.end()
  }
}

async function pipeline(s) {
  const sql = open(s)
  // All are sent before the first is answered; the one with 0 fails alone.
  await sql`select 1`
  const numbers = Array.from({ length: m.queries }, (_, number) => number)
  const answers = await Promise.allSettled(
    numbers.map((number) => one(sql`select 100 / ${number}::int as a, ${number}::int as b`)),
  )
  m.same('the code of the error', answers[0].reason?.code, '22012')
  for (const number of numbers.slice(1)) {
    if (answers[number].reason) throw answers[number].reason
    m.same('the answer', answers[number].value, [Math.floor(100 / number), number])
  }
  await sql.end()
}

async function copy(s) {
  const sql = open(s)
  const table = m.unique('copy')
  await sql.unsafe(`create table ${table} (n int primary key, word text)`)
  const rows = m.bulkText()
  const into = await sql`copy ${sql(table)} from stdin`.writable()
  await flow(Readable.from(rows.match(/[^]{1,8000}/g).map((part) => Buffer.from(part))), into)
  m.same('rows copied in', await one(sql`select count(*)::int as n from ${sql(table)}`), [m.bulkRows])
  // In small parts: postgres.js 3.4.9 pauses its socket when 16 KiB wait to be read, and does not wake it when the end
  // of the rows arrives before they are.
  let out = ''
  for (let from = 0; from < m.bulkRows; from += 250) {
    const part = `select * from ${table} where n >= ${from} and n < ${from + 250} order by n`
    out += await text(await sql.unsafe(`copy (${part}) to stdout`).readable())
  }
  m.same('whether the same rows came out', out === rows, true)
  await sql.unsafe(`drop table ${table}`)
  await sql.end()
}

async function listen(s) {
  const [listener, speaker] = [open(s), open(s)]
  const channel = m.unique('listen')
  const heard = []
  let wake = () => {}
  await listener.listen(channel, (word) => {
    heard.push(word)
    wake()
  })
  for (const word of ['first', 'second']) {
    const next = new Promise((resolve) => (wake = resolve))
    await speaker.notify(channel, word)
    if (heard.length === 0) await m.within('the notification', 10, next)
    m.same('the word', heard.shift(), word)
  }
  await listener.end()
  await speaker.end()
}

async function cancel(s) {
  const [sql, watcher] = [open(s), open(s)]
  const mark = m.unique('cancel')
  const query = sql.unsafe(`select pg_sleep(40) /* ${mark} */`).execute()
  const slept = m.failure('the query', query)
  await m.until('the query runs', async () => {
    const running = watcher`select count(*)::int as n from pg_stat_activity where state = 'active'
      and pid <> pg_backend_pid() and query like '%' || ${mark} || '%'`
    return (await one(running))[0] === 1
  })
  query.cancel()
  const error = await m.within('cancelling', 20, slept)
  // The driver has an error of its own with this code; the server's has a routine.
  m.same('code and routine of the error', [error.code, error.routine], ['57014', 'ProcessInterrupts'])
  m.same('the next answer', await one(sql`select 6 * 7 as n`), [42])
  await sql.end()
  await watcher.end()
}

async function tls(s) {
  const other = m.withOtherCa(s)
  const sql = open(s)
  const encrypted = await one(sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)
  m.same('encryption at the server', encrypted, [true])
  await sql.end()
  const refused = open(other)
  m.certificateRefused(await m.failure('a certificate of another authority', refused`select 1`))
  await refused.end()
}

async function transactionLeftOpen(s) {
  const table = m.unique('transaction')
  const first = open(s)
  await first.unsafe(`create table ${table} (n int)`)
  await first.unsafe('begin')
  await first.unsafe(`insert into ${table} values (1)`)
  m.same('rows inside', await one(first`select count(*)::int as n from ${first(table)}`), [1])
  await first.end()
  const second = open(s)
  m.same('rows after', await one(second`select count(*)::int as n from ${second(table)}`), [0])
  const error = await m.failure('a savepoint', second.unsafe('savepoint inside'))
  m.same('the code of the error', error.code, '25P01')
  await m.within('dropping the table', 20, second.unsafe(`drop table ${table}`))
  await second.end()
}

async function wrongPassword(s) {
  const sql = open(m.withWrongPassword(s))
  const error = await m.failure('a wrong password', sql`select 1`)
  if (error.code !== '28P01') throw error
  await sql.end()
  await connect(s)
}

async function serverRestart(s) {
  // The driver connects again by itself, so a query is under way when the server stops.
  const sql = open(s)
  m.same('the answer before', await one(sql`select 1 as n`), [1])
  const broken = m.failure('the query during the restart', sql`select pg_sleep(40)`)
  await m.restartServer()
  await m.within('the error', 10, broken)
  await m.eventually('a new connection', async () => m.same('the answer after', await one(sql`select 2 as n`), [2]))
  await sql.end()
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
