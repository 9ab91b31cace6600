// The cells with ioredis; knows no other driver.
import Redis from 'ioredis'
import * as m from './matrix.mjs'

/** One connection that is not opened again by itself. */
async function open(s) {
  const redis = new Redis({
    host: s.host,
    port: s.port,
    path: s.socket,
    username: s.user,
    password: s.password,
    db: Number(s.database),
    tls: s.ca && { ca: s.ca, servername: s.host },
    retryStrategy: null,
    lazyConnect: true,
  })
  // `connect` says only that the connection was closed; the reason comes here.
  let reason
  redis.on('error', (error) => (reason ??= error))
  try {
    await redis.connect()
  } catch (error) {
    throw reason ?? error
  }
  return redis
}

async function connect(s) {
  const redis = await open(s)
  const [key, value] = [m.unique('connect'), 'grün\r\n\0']
  await redis.set(key, value, 'EX', 60)
  m.same('the value', await redis.get(key), value)
  m.same('deleted keys', await redis.del(key), 1)
  await redis.quit()
}

async function reuse(s) {
  const sessions = new Set()
  for (let pass = 0; pass < m.passes; pass++) {
    const redis = await open(s)
    const said = await redis.client('INFO')
    const info = /\bid=(\d+) .* name=(\S*) .* db=(\d+) .* multi=(-?\d+) /.exec(said)
    if (!info) throw new Error(`CLIENT INFO says \`${said}\``)
    sessions.add(info[1])
    m.same("whether a new connection has the trace's name", info[2] === 'driver_trace', false)
    m.same('database and transaction of a new connection', [info[3], info[4]], [s.database, '-1'])
    await redis.client('SETNAME', 'driver_trace')
    await redis.watch('driver_trace')
    await redis.select(7)
    await redis.quit()
  }
  return m.reuseFact(sessions)
}

async function prepared() {
  throw new m.Unsupported('Redis has no prepared statements')
}

async function pipeline(s) {
  const redis = await open(s)
  const key = m.unique('pipeline')
  // The one that adds to a text fails alone.
  const commands = redis.pipeline().set(`${key}_text`, 'word', 'EX', 60).incr(`${key}_text`)
  for (let number = 0; number < m.queries; number++) commands.incr(key)
  const answers = await commands.del(key, `${key}_text`).exec()
  m.same('whether adding to a text fails', /not an integer/.test(answers[1][0]?.message), true)
  const sums = answers.slice(2, 2 + m.queries)
  m.same('the sums', sums, sums.map((_, number) => [null, number + 1]))
  m.same('deleted keys', answers.at(-1), [null, 2])
  // Without asking for a pipeline: all are sent before the first is answered.
  const echoed = await Promise.all(sums.map((_, number) => redis.echo(`${number}`)))
  m.same('the echoes', echoed, sums.map((_, number) => `${number}`))
  await redis.quit()
}

async function copy() {
  throw new m.Unsupported('Redis has no bulk copy')
}

async function listen(s) {
  const [listener, speaker] = [await open(s), await open(s)]
  const channel = m.unique('listen')
  await listener.subscribe(channel)
  for (const word of ['first', 'second']) {
    const heard = new Promise((resolve) => listener.once('message', (...message) => resolve(message)))
    m.same('listeners', await speaker.publish(channel, word), 1)
    m.same('channel and word', await m.within('the message', 10, heard), [channel, word])
  }
  await listener.unsubscribe(channel)
  await listener.quit()
  await speaker.quit()
}

async function cancel(s) {
  const [redis, watcher] = [await open(s), await open(s)]
  const id = await redis.client('ID')
  const waited = m.failure('the waiting command', redis.blpop(m.unique('cancel'), 40))
  await m.until('the command waits', async () => {
    return (await watcher.client('UNBLOCK', id, 'ERROR')) === 1
  })
  const error = await m.within('cancelling', 20, waited)
  m.same('whether the error says so', error.message.startsWith('UNBLOCKED'), true)
  m.same('the next answer', await redis.ping(), 'PONG')
  await redis.quit()
  await watcher.quit()
}

async function tls(s) {
  const other = m.withOtherCa(s)
  await connect(s)
  m.certificateRefused(await m.failure('a certificate of another authority', open(other)))
}

async function transactionLeftOpen(s) {
  const key = m.unique('transaction')
  const first = await open(s)
  await first.multi({ pipeline: false })
  m.same('the answer inside', await first.set(key, 'inside'), 'QUEUED')
  first.disconnect()
  const second = await open(s)
  m.same('the key after', await second.get(key), null)
  m.same('the answer outside', await second.set(key, 'outside', 'EX', 60), 'OK')
  m.same('deleted keys', await second.del(key), 1)
  await second.quit()
}

async function wrongPassword(s) {
  const error = await m.failure('a wrong password', open(m.withWrongPassword(s)))
  if (!/WRONGPASS/.test(error.message)) throw error
  await connect(s)
}

async function serverRestart(s) {
  const redis = await open(s)
  m.same('the answer before', await redis.ping(), 'PONG')
  await m.restartServer()
  await m.within('the error', 10, m.failure('the connection after the restart', redis.ping()))
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
