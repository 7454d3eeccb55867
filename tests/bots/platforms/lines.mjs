// A chat of lines for a real Hubot: each line in is a message as JSON, each line out what was said.

import { createInterface } from 'node:readline'

export default {
  use (robot) {
    const tell = content => process.stdout.write(`> ${JSON.stringify(content)}\n`)
    robot.on('shipmate listening', port => tell({ listening: port }))
    return new Lines(robot, tell)
  }
}

class Lines {
  constructor (robot, tell) {
    this.robot = robot
    this.tell = tell
    this.name = 'Lines'
    this.handlers = {}
  }

  on (event, handler) { (this.handlers[event] ??= []).push(handler) }
  once (event, handler) { this.on(event, handler) }
  emit (event, ...given) { for (const handler of this.handlers[event] ?? []) handler(...given) }

  async send (envelope, ...texts) {
    for (const text of texts) this.tell({ room: envelope.room, text, of: envelope.shipmate ?? null })
  }

  async reply (envelope, ...texts) { await this.send(envelope, ...texts) }

  async run () {
    const { TextMessage } = await import(process.env.HUBOT_MODULE)
    createInterface({ input: process.stdin }).on('line', line => {
      const said = JSON.parse(line)
      if (said.sync) return this.tell({ synced: said.sync })
      const user = this.robot.brain.userForId(said.user, { name: said.user, room: said.room })
      const message = new TextMessage({ ...user, id: said.user, room: said.room }, said.text, said.id)
      if (said.thread) message.thread = said.thread
      if (said.direct) message.direct = true
      this.robot.receive(message)
    })
    this.emit('connected')
  }

  close () {}
}
