// Description:
//   Relays what people say to Shipmate, and says here what it answers.
//
// Configuration:
//   SHIPMATE_URL         where Shipmate is, such as https://ship.example.com
//   SHIPMATE_CONNECTION  the name of the connection there
//   SHIPMATE_SECRET      its secret
//   SHIPMATE_LISTEN      where Shipmate's messages are taken, [ADDRESS:]PORT; 127.0.0.1:8078
//
// Commands:
//   hubot deploy APP/REF to ENV - asks Shipmate, as every line that it knows does
//
// Only what is said to the bot, or in a thread of Shipmate's own, leaves this chat.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const PATIENCE = 300 // seconds that a signature is good for
const LARGEST = 1024 * 1024 // bytes of a message
const REMEMBERED = 1000 // messages and threads
const ATTEMPTS = [0, 1000, 3000] // milliseconds to wait before each

const sign = (secret, timestamp, body) =>
  'v1=' + createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')

function isSigned (secret, headers, body) {
  const timestamp = headers['x-shipmate-timestamp'] ?? ''
  const given = Buffer.from(headers['x-shipmate-signature'] ?? '')
  const expected = Buffer.from(sign(secret, timestamp, body))
  const age = Math.abs(Date.now() / 1000 - Number(timestamp))
  return given.length === expected.length && timingSafeEqual(given, expected) && age <= PATIENCE
}

/** A set that forgets what is oldest. */
class Recent {
  #kept = new Map()

  add (key, value = true) {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    if (this.#kept.size > REMEMBERED) this.#kept.delete(this.#kept.keys().next().value)
  }

  get (key) { return this.#kept.get(key) }
}

const threadOf = message => String(message.thread ?? message.rawMessage?.thread_ts ?? '')

async function post (settings, content) {
  const body = JSON.stringify(content)
  const url = `${settings.url}/api/chat/connections/${encodeURIComponent(settings.name)}/messages/`
  for (const wait of ATTEMPTS) {
    await new Promise(resolve => setTimeout(resolve, wait))
    const timestamp = String(Math.floor(Date.now() / 1000))
    const headers = {
      'Content-Type': 'application/json',
      'X-Shipmate-Timestamp': timestamp,
      'X-Shipmate-Signature': sign(settings.secret, timestamp, body)
    }
    try {
      const signal = AbortSignal.timeout(10_000)
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      if (answer.status < 500 && answer.status !== 429) return answer.status
    } catch { /* it does not answer: the next attempt */ }
  }
  return 0
}

async function read (request) {
  const pieces = []
  let size = 0
  for await (const piece of request) {
    size += piece.length
    if (size > LARGEST) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

export default async robot => {
  const settings = {
    url: (process.env.SHIPMATE_URL ?? '').replace(/\/+$/, ''),
    name: process.env.SHIPMATE_CONNECTION ?? '',
    secret: process.env.SHIPMATE_SECRET ?? ''
  }
  const missing = ['SHIPMATE_URL', 'SHIPMATE_CONNECTION', 'SHIPMATE_SECRET'].filter(name => !process.env[name])
  if (missing.length) {
    robot.logger.error(`Shipmate is not asked anything: ${missing.join(', ')} must be set.`)
    return
  }
  const said = new Recent() // what Shipmate had us say, by its keys: saying it again says nothing
  const threads = new Recent() // of Shipmate's own
  const names = [robot.name, robot.alias, 'shipmate'].filter(Boolean).map(name => name.toLowerCase())

  function isForTheBot (message, text) {
    const first = text.trim().toLowerCase().replace(/^@/, '').split(/[\s:,]+/, 1)[0]
    return names.includes(first) || message.direct === true || threads.get(threadOf(message))
  }

  /** Shipmate answers to its own name, whatever this bot is called. */
  function asShipmates (text) {
    const named = /^\s*@?([^\s:,]+)[:,]?\s+/.exec(text)
    return named && names.includes(named[1].toLowerCase()) ? `shipmate ${text.slice(named[0].length)}` : text
  }

  let count = 0
  robot.listen(message => typeof message.text === 'string' && isForTheBot(message, message.text), async response => {
    const { message } = response
    const status = await post(settings, {
      id: String(message.id ?? `${Date.now()}-${process.pid}-${++count}`),
      text: asShipmates(message.text),
      account: { id: String(message.user.id), name: String(message.user.name ?? '') },
      room: { id: String(message.room ?? message.user.id), name: String(message.room ?? '') },
      thread: threadOf(message),
      direct: message.direct === true
    })
    if (status === 202) return
    const why = status === 0 ? 'it does not answer' : `it answered ${status}`
    await response.reply(`Shipmate did not take this: ${why}. Nothing was done.`)
  })

  async function say (content) {
    const id = `hubot-${content.id}`
    if (content.type !== 'message' || said.get(content.id)) return id
    const envelope = { room: content.room, message: { room: content.room, thread: content.thread || undefined }, shipmate: content }
    if (content.only_for) {
      const user = robot.brain.userForId(content.only_for)
      await robot.send({ room: user.id, user, message: { room: user.id, user }, shipmate: content }, content.text)
    } else {
      await robot.send(envelope, content.text)
    }
    said.add(content.id)
    if (content.deployment) threads.add(id)
    return id
  }

  let turn = Promise.resolve() // one after another, in the order in which they came
  const server = createServer(async (request, response) => {
    const answer = (status, content = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(content))
    }
    const body = request.method === 'POST' ? await read(request) : null
    if (body === null) return answer(request.method === 'POST' ? 413 : 405)
    if (!isSigned(settings.secret, request.headers, body)) return answer(401)
    turn = turn.then(async () => answer(200, { id: await say(JSON.parse(body)) })).catch(error => {
      robot.logger.error(`Shipmate's message was not said: ${error.message}`)
      answer(500)
    })
  })
  const [port, address = '127.0.0.1'] = (process.env.SHIPMATE_LISTEN ?? '8078').split(':').reverse()
  server.listen(Number(port), address, () => {
    robot.logger.info(`Shipmate is heard on ${address}:${server.address().port}`)
    robot.emit('shipmate listening', server.address().port)
  })
}
