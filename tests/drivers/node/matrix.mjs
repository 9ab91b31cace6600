// What the Node programs of the driver matrix share: settings, checks, the last line; knows no driver.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Connections, one after the other, of the cell `reuse`. */
export const passes = 20
/** Requests at once in the cell `pipeline`. */
export const queries = 20
/** Rows of the cell `copy`: enough to fill several packets. */
export const bulkRows = 5000

/** The longest a cell may take, in seconds. */
const limit = 60

/** Thrown by a cell that the driver has no way to do. */
export class Unsupported extends Error {}

/** The rows of the cell `copy`, tab-separated. */
export const bulkText = () =>
  Array.from({ length: bulkRows }, (_, number) => `${number}\tZeile grün ${number}\n`).join('')

/** A name that nobody else uses: programs run at the same time on the same server. */
export const unique = (cell) => `driver_${cell}_${randomBytes(6).toString('hex')}`

/** Fails unless the answer is the wanted one. */
export function same(what, got, wanted) {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (left !== right) throw new Error(`${what} is ${left}, not ${right}`)
}

/** Waits at most `seconds` for something that must happen. */
export async function within(what, seconds, promise) {
  const stop = new AbortController()
  const late = pause(seconds * 1000, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new Error(`${what}: not within ${seconds} s`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    stop.abort()
  }
}

/** Asks again and again until the answer is yes, at most 20 s long; an error ends it at once. */
export async function until(what, ask) {
  const end = Date.now() + 20_000
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within 20 s`)
    await pause(10)
  }
}

/** Tries again and again until `attempt` succeeds, at most 20 s long. */
export async function eventually(what, attempt) {
  const end = Date.now() + 20_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what}: not within 20 s`, { cause: error })
    }
    await pause(20)
  }
}

/** The error that `promise` must end with. */
export async function failure(what, promise) {
  let value
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`${what}: no error but ${JSON.stringify(value)}`)
}

/** The fact of the cell `reuse`. */
export const reuseFact = (sessions) => `${passes} connections, ${sessions.size} server sessions`

function readSettings() {
  const needed = (name) => {
    const value = process.env[name]
    if (!value) throw new Error(`\`$${name}\` is not set`)
    return value
  }
  const tls = needed('DRIVER_TLS')
  return {
    host: needed('DRIVER_HOST'),
    port: Number(needed('DRIVER_PORT')),
    user: needed('DRIVER_USER'),
    password: needed('DRIVER_PASSWORD'),
    database: needed('DRIVER_DATABASE'),
    ca: tls === 'off' ? undefined : readFileSync(tls, 'utf8'),
    socket: process.env.DRIVER_SOCKET || undefined,
  }
}

/** The same with a password that is not right. */
export const withWrongPassword = (s) => ({ ...s, password: `not ${s.password}` })

/** The same, trusting only an authority that did not sign the server's certificate. */
export function withOtherCa(s) {
  if (!s.ca) throw new Error("`$DRIVER_TLS` is `off`: the cell `tls` needs the certificate of the server's authority")
  if (!process.env.DRIVER_OTHER_CA) throw new Error('`$DRIVER_OTHER_CA` is not set')
  return { ...s, ca: readFileSync(process.env.DRIVER_OTHER_CA, 'utf8') }
}

/** Folder and port of `<folder>/.s.PGSQL.<port>`. */
export function postgresSocket(path) {
  const port = /^\.s\.PGSQL\.(\d+)$/.exec(basename(path))
  if (!port) throw new Error(`\`${path}\` is not named \`.s.PGSQL.<port>\``)
  return { host: dirname(path), port: Number(port[1]) }
}

/** Fails unless the error says that the certificate is not trusted. */
export function certificateRefused(error) {
  if (!/certificate/.test(error.message)) throw new Error('not refused for the certificate', { cause: error })
}

/** Runs `$DRIVER_RESTART`. */
export async function restartServer() {
  if (!process.env.DRIVER_RESTART) throw new Error('`$DRIVER_RESTART` is not set')
  await promisify(execFile)('sh', ['-c', process.env.DRIVER_RESTART])
}

function describe(error) {
  const text = error.message || error.code || String(error)
  return error.cause ? `${text}: ${describe(error.cause)}` : text
}

/** Runs the cell that the command line names, prints the last line, and leaves with the exit code. */
export async function run(cells) {
  const name = process.argv[2]
  const end = (line, code) => {
    process.stdout.write(`${line}\n`, () => process.exit(code))
  }
  try {
    if (!Object.hasOwn(cells, name)) throw new Error(`there is no cell \`${name}\``)
    const fact = await within('the cell', limit, cells[name](readSettings()))
    end(fact ? `ok: ${fact}` : 'ok', 0)
  } catch (error) {
    if (error instanceof Unsupported) end(`unsupported: ${error.message}`, 0)
    else end(`failed: ${describe(error)}`, 1)
  }
}
