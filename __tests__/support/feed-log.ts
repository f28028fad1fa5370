import { LineSplitter, LineTail } from '../../src/lib/lines.js'
import { Diagnoser } from '../../src/diagnosis/diagnose.js'

// Reads a log as a run does, from its standard input, and prints what it found and how much memory it took.
const tail = new LineTail(20)
const diagnoser = new Diagnoser('dump')
let bytes = 0
let highest = 0
const lines = new LineSplitter((line) => {
  tail.push(line)
  diagnoser.push('app', line)
})
for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
  bytes += chunk.length
  lines.push(chunk)
  highest = Math.max(highest, process.memoryUsage().rss)
}
lines.end()
console.log(
  JSON.stringify({ bytes, rss: highest, id: diagnoser.finding()?.signature?.id, tail: tail.text().length })
)
