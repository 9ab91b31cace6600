// The cells with mysql2; knows no other driver.
import { Readable } from 'node:stream'
import mysql from 'mysql2/promise'
import * as m from './matrix.mjs'

async function open(s) {
  const connection = await mysql.createConnection({
    host: s.host,
    port: s.port,
    user: s.user,
    password: s.password,
    database: s.database,
    socketPath: s.socket,
    ssl: s.ca && { ca: s.ca, verifyIdentity: true },
    charset: 'utf8mb4',
    multipleStatements: true,
  })
  // A connection that breaks says so here too; what matters is what the next query says.
  connection.on('error', () => {})
  return connection
}

const one = async (connection, sql, values) => Object.values((await connection.query(sql, values))[0][0])

async function connect(s) {
  const connection = await open(s)
  m.same('the row', await one(connection, "select 6 * 7 as a, 'grün' as b, null as c"), [42, 'grün', null])
  await connection.end()
}

async function reuse(s) {
  const sessions = new Set()
  for (let pass = 0; pass < m.passes; pass++) {
    const connection = await open(s)
    const [session, trace, timeout] = await one(
      connection,
      'select connection_id() as a, @driver_trace as b, @@session.wait_timeout = @@global.wait_timeout as c',
    )
    sessions.add(session)
    m.same('variable and time-out of a new connection', [trace, timeout], [null, 1])
    await connection.query(
      "set @driver_trace = 'left', session wait_timeout = 54321; create temporary table driver_trace (n int)",
    )
    await connection.end()
  }
  return m.reuseFact(sessions)
}

async function prepared(s) {
  for (const [sql, wanted] of [['select ? + 1 as n', 42], ['select ? * 2 as n', 82]]) {
    const connection = await open(s)
    const statement = await connection.prepare(sql)
    for (let again = 0; again < 2; again++) {
      m.same(sql, (await statement.execute([41]))[0][0].n, wanted)
    }
    await connection.query(`prepare driver_statement from '${sql}'; set @number = 41`)
    m.same('the statement of the SQL', await one(connection, 'execute driver_statement using @number'), [wanted])
    await connection.end()
  }
}

async function pipeline(s) {
  const connection = await open(s)
  const [answers] = await connection.query('select 1 as n; select 2 as n; select 3 as n')
  m.same('the answers', answers, [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]])
  const failing = connection.query('select 1; select no_such_column; select 4')
  m.same('the number of the error', (await m.failure('a missing column', failing)).errno, 1054)
  // The driver takes many queries at once, and sends each when the one before it is answered.
  const numbers = Array.from({ length: m.queries }, (_, number) => number)
  const queued = await Promise.all(numbers.map((number) => one(connection, 'select ? as n', [number])))
  m.same('the queued answers', queued.flat(), numbers)
  await connection.end()
  return 'as several statements in one query'
}

async function copy(s) {
  const connection = await open(s)
  const table = m.unique('copy')
  await connection.query(`create table ${table} (n int primary key, word varchar(99)) charset utf8mb4`)
  const rows = m.bulkText()
  const [loaded] = await connection.query({
    sql: `load data local infile 'rows' into table ${table} character set utf8mb4`,
    infileStreamFactory: () => Readable.from(rows.match(/[^]{1,8000}/g).map((part) => Buffer.from(part))),
  })
  m.same('rows loaded', loaded.affectedRows, m.bulkRows)
  const [out] = await connection.query(`select * from ${table} order by n`)
  const text = out.map(({ n, word }) => `${n}\t${word}\n`).join('')
  m.same('whether the same rows came out', text === rows, true)
  await connection.query(`drop table ${table}`)
  await connection.end()
}

async function listen() {
  throw new m.Unsupported('MySQL has no notifications')
}

async function cancel(s) {
  const [connection, watcher] = [await open(s), await open(s)]
  const mark = m.unique('cancel')
  const slept = m.failure('the query', one(connection, `select 1 from (select 1 as n) as ${mark} where sleep(40) = n`))
  await m.until('the query runs', async () => {
    const running =
      'select count(*) as n from information_schema.processlist ' +
      `where info like '%${mark}%' and id <> connection_id()`
    return (await one(watcher, running))[0] === 1
  })
  // The id is the one of the server's greeting, as the driver keeps it.
  await watcher.query(`kill query ${connection.threadId}`)
  m.same('the number of the error', (await m.within('cancelling', 20, slept)).errno, 1317)
  m.same('the next answer', await one(connection, 'select 6 * 7 as n'), [42])
  await connection.end()
  await watcher.end()
}

async function tls(s) {
  const other = m.withOtherCa(s)
  const connection = await open(s)
  const [, cipher] = await one(connection, "show status like 'Ssl_cipher'")
  m.same('whether the server has a cipher', cipher !== '', true)
  await connection.end()
  m.certificateRefused(await m.failure('a certificate of another authority', open(other)))
}

async function transactionLeftOpen(s) {
  const table = m.unique('transaction')
  const count = `select count(*) as n from ${table}`
  const first = await open(s)
  await first.query(`create table ${table} (n int) engine = innodb`)
  await first.beginTransaction()
  await first.query(`insert into ${table} values (1)`)
  m.same('rows inside', await one(first, count), [1])
  await first.end()
  const [second, third] = [await open(s), await open(s)]
  m.same('rows after', await one(second, count), [0])
  await second.query(`insert into ${table} values (1)`)
  m.same('rows that a third connection sees', await one(third, count), [1])
  await m.within('dropping the table', 20, third.query(`drop table ${table}`))
  await second.end()
  await third.end()
}

async function wrongPassword(s) {
  const error = await m.failure('a wrong password', open(m.withWrongPassword(s)))
  if (error.errno !== 1045) throw error
  await connect(s)
}

async function serverRestart(s) {
  const connection = await open(s)
  m.same('the answer before', await one(connection, 'select 1 as n'), [1])
  await m.restartServer()
  const after = m.failure('the connection after the restart', one(connection, 'select 2 as n'))
  await m.within('the error', 10, after)
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
